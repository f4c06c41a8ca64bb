#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "spec/run_spec.h"

namespace skd {
namespace {

using Fields = std::vector<FieldDescription>;

/// Cuts "PATH.REST" at its first dot; `path` becomes REST.
std::string_view cutStep(std::string_view& path) {
    const std::size_t dot = path.find('.');
    const std::string_view step = path.substr(0, dot);
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    return step;
}

/// The leaf that `path` names or leads into, or null.
const FieldDescription* findField(const Fields& fields, std::string_view path) {
    for (const FieldDescription& field : fields) {
        if (path == field.path) return &field;
        const bool container = field.type == "list" || field.type == "map";
        if (container && path.starts_with(field.path) && path[field.path.size()] == '.')
            return &field;
    }
    return nullptr;
}

/// A field of that very name elsewhere, else the one whose path is spelt most alike.
std::string suggestion(const Fields& fields, std::string_view path) {
    const std::string last = "." + std::string(path.substr(path.rfind('.') + 1));
    std::vector<std::string> paths;
    for (const FieldDescription& field : fields) {
        if (field.path.ends_with(last)) return field.path;
        paths.push_back(field.path);
    }
    return nearestName(path, paths);
}

Error groupNamed(const std::string& path, const FieldDescription& first,
                 const std::string& prefix) {
    return {ErrorCode::InvalidInput,
            strCat("\"", path, "\" is a group of fields; name one of them, such as \"", prefix,
                   first.path, "\"")};
}

Error unknownField(const Fields& fields, std::string_view path, const std::string& prefix) {
    for (const FieldDescription& field : fields)
        if (field.path.starts_with(std::string(path) + "."))
            return groupNamed(strCat(prefix, path), field, prefix);
    const std::string nearest = suggestion(fields, path);
    return {ErrorCode::InvalidInput,
            strCat("there is no field \"", prefix, path, "\"",
                   nearest.empty() ? "" : strCat("; did you mean \"", prefix, nearest, "\"?"))};
}

std::string expected(const std::string& type) {
    if (type == "list") return "a JSON list";
    if (type == "map") return "a JSON object";
    if (type == "flag") return "true or false";
    if (type == "integer" || type == "number") return "a number";
    return "text";
}

/// The value as JSON; text and choices may stand without quotes.
Result<Json> parseValue(const std::string& type, std::string_view text, const std::string& path) {
    const bool plain = type == "text" || type == "choice";
    if (plain && !text.starts_with('"')) {
        if (!isValidUtf8(text))
            return fail(ErrorCode::InvalidInput, strCat("\"", path, "\" must be UTF-8 text"));
        return Json(std::string(text));
    }
    auto json = parseJson(text);
    if (json) return json;
    return fail(ErrorCode::InvalidInput, strCat("\"", path, "\" takes ", expected(type), ", not ",
                                                text.empty() ? "nothing" : text));
}

/// The member of `object` called `name`, made with `fallback` where it is missing.
Result<Json*> member(Json& object, std::string_view name, const std::string& path,
                     const Json& fallback) {
    if (!object.is_object())
        return fail(ErrorCode::InvalidInput,
                    strCat("the spec's \"", path, "\" must be in an object"));
    const std::string key(name);
    if (!object.contains(key)) object[key] = fallback;
    return &object[key];
}

/// The element of `array` called `step`; one past the end appends.
Result<Json*> element(Json& array, std::string_view step, const std::string& path,
                      const Json& fallback) {
    if (!array.is_array())
        return fail(ErrorCode::InvalidInput, strCat("\"", path, "\" must be a list"));
    const auto index = parseNumber<std::size_t>(step);
    if (!index || *index > array.size())
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", path, "\" has ", array.size(), " elements; \"", step,
                           "\" must be a number from 0 to ", array.size()));
    if (*index == array.size()) array.push_back(fallback);
    return &array[*index];
}

Status assign(Json& object, const Fields& fields, std::string_view path, std::string_view text,
              const std::string& prefix);

/// Continues after a list or map field: "0.weight", "0" or a matrix name.
Status assignInside(Json& container, const FieldDescription& field, std::string_view rest,
                    std::string_view text, const std::string& prefix) {
    const std::string path = prefix + field.path;
    if (field.type == "map") {
        SKD_TRY(Json value, parseValue("integer", text, strCat(path, ".", rest)));
        SKD_TRY(Json * place, member(container, rest, path, nullptr));
        *place = std::move(value);
        return {};
    }
    const std::string_view index = cutStep(rest);
    if (field.elements.empty()) {
        if (!rest.empty())
            return fail(ErrorCode::InvalidInput,
                        strCat("\"", path, "\" holds texts; nothing lies below \"", index, "\""));
        SKD_TRY(Json value, parseValue("text", text, path));
        SKD_TRY(Json * place, element(container, index, path, ""));
        *place = std::move(value);
        return {};
    }
    const std::string place = strCat(path, ".", index);
    if (rest.empty()) return fail(groupNamed(place, field.elements.front(), place + "."));
    SKD_TRY(Json * inner, element(container, index, path, Json::object()));
    return assign(*inner, field.elements, rest, text, place + ".");
}

Status assign(Json& object, const Fields& fields, std::string_view path, std::string_view text,
              const std::string& prefix) {
    const FieldDescription* field = findField(fields, path);
    if (field == nullptr) return fail(unknownField(fields, path, prefix));
    Json* place = &object;
    std::string_view steps = field->path;
    while (!steps.empty()) {
        const std::string_view step = cutStep(steps);
        SKD_TRY(place, member(*place, step, prefix + field->path,
                              steps.empty() ? field->defaultValue : Json::object()));
    }
    if (path.size() > field->path.size())
        return assignInside(*place, *field, path.substr(field->path.size() + 1), text, prefix);
    // A number that may be left to the program is written as a word.
    const bool isWord =
        field->type == "number" &&
        std::find(field->choices.begin(), field->choices.end(), text) != field->choices.end();
    SKD_TRY(*place, parseValue(isWord ? "choice" : field->type, text, prefix + field->path));
    return {};
}

}  // namespace

Status applyOverride(Json& specJson, const std::string& assignment) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
        return fail(
            ErrorCode::InvalidInput,
            strCat("\"", assignment,
                   "\" is not an assignment; write FIELD=VALUE, such as prune.target=0.35"));
    static const Fields kFields = describeRunSpec();
    const std::string_view whole = assignment;
    Json changed = specJson.is_null() ? Json::object() : specJson;
    SKD_CHECK(assign(changed, kFields, whole.substr(0, equals), whole.substr(equals + 1), ""));
    specJson = std::move(changed);
    return {};
}

}  // namespace skd
