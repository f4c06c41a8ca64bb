#include "spec/config_diff.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

bool allAre(const std::vector<const Json*>& values, bool (Json::*kind)() const noexcept) {
    return std::all_of(values.begin(), values.end(),
                       [&](const Json* v) { return v != nullptr && (v->*kind)(); });
}

bool allEqual(const std::vector<const Json*>& values) {
    const Json* first = values[0];
    return std::ranges::all_of(values, [&](const Json* v) {
        return v == nullptr || first == nullptr ? v == first : *v == *first;
    });
}

/// Keys of all objects, in order of first appearance.
std::vector<std::string> keysOf(const std::vector<const Json*>& objects) {
    std::vector<std::string> keys;
    for (const Json* object : objects)
        for (const auto& entry : object->items())
            if (std::find(keys.begin(), keys.end(), entry.key()) == keys.end())
                keys.push_back(entry.key());
    return keys;
}

void compare(const std::vector<const Json*>& values, const std::string& path,
             std::vector<FieldDifference>& out);

void compareObjects(const std::vector<const Json*>& objects, const std::string& path,
                    std::vector<FieldDifference>& out) {
    for (const std::string& key : keysOf(objects)) {
        std::vector<const Json*> members;
        for (const Json* object : objects)
            members.push_back(object->contains(key) ? &(*object)[key] : nullptr);
        compare(members, path.empty() ? key : path + "." + key, out);
    }
}

void compareLists(const std::vector<const Json*>& lists, const std::string& path,
                  std::vector<FieldDifference>& out) {
    for (std::size_t i = 0; i < lists[0]->size(); ++i) {
        std::vector<const Json*> elements;
        for (const Json* list : lists) elements.push_back(&(*list)[i]);
        compare(elements, strCat(path, ".", i), out);
    }
}

void compare(const std::vector<const Json*>& values, const std::string& path,
             std::vector<FieldDifference>& out) {
    if (allEqual(values)) return;
    if (allAre(values, &Json::is_object)) return compareObjects(values, path, out);
    const bool lists = allAre(values, &Json::is_array);
    if (lists && std::all_of(values.begin(), values.end(),
                             [&](const Json* v) { return v->size() == values[0]->size(); }))
        return compareLists(values, path, out);
    FieldDifference difference{path, {}};
    for (const Json* value : values)
        difference.values.push_back(value == nullptr ? Json() : *value);
    out.push_back(std::move(difference));
}

}  // namespace

std::vector<FieldDifference> configDiff(const std::vector<Json>& specs) {
    std::vector<FieldDifference> differences;
    std::vector<const Json*> roots;
    for (const Json& spec : specs) roots.push_back(&spec);
    if (!roots.empty()) compare(roots, "", differences);
    return differences;
}

std::string shownValue(const Json& value) {
    if (value.is_null()) return "–";
    if (value.is_string()) return valueOr(value, "").empty() ? "\"\"" : valueOr(value, "");
    if (value.is_number_integer()) return groupDigits(valueOr(value, std::int64_t{0}));
    return dumpJson(value);
}

}  // namespace skd
