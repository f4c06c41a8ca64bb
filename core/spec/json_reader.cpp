#include "spec/json_reader.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace skd {
namespace {

std::string quoted(const std::string& path) {
    return path.empty() ? "the spec" : "\"" + path + "\"";
}

/// Shortest text that reads back as `value`; whole numbers without an exponent.
std::string numberText(double value) {
    if (value == std::floor(value) && std::fabs(value) < 1e16)
        return strCat(static_cast<long long>(value));
    return exactText(value);
}

std::string rangeText(const FieldInfo& info) {
    const std::string unit = info.unit[0] == '\0' ? "" : strCat(" ", info.unit);
    if (std::isinf(info.maximum)) return strCat("at least ", numberText(info.minimum), unit);
    if (std::isinf(info.minimum)) return strCat("at most ", numberText(info.maximum), unit);
    return strCat("between ", numberText(info.minimum), " and ", numberText(info.maximum), unit);
}

Status checkRange(double value, const std::string& shown, const FieldInfo& info,
                  const std::string& path) {
    if (value >= info.minimum && value <= info.maximum) return {};
    return fail(ErrorCode::InvalidInput,
                strCat(quoted(path), " must be ", rangeText(info), ", not ", shown));
}

/// "text ("abc")", "a list", "null".
std::string describeJson(const Json& json) {
    const auto shown = [&](const char* kind) {
        std::string text = dumpJson(json);
        if (text.size() > 60) text = text.substr(0, 60) + "...";
        return strCat(kind, " (", text, ")");
    };
    if (json.is_object()) return "an object";
    if (json.is_array()) return "a list";
    if (json.is_string()) return shown("text");
    if (json.is_boolean()) return shown("a flag");
    if (json.is_number_float() && !std::isfinite(json.get<double>()))
        return formatNumber(json.get<double>());
    if (json.is_number()) return shown("a number");
    return "null";
}

}  // namespace

Error typeError(const std::string& path, const std::string& expected, const Json& json) {
    return {ErrorCode::InvalidInput,
            strCat(quoted(path), " must be ", expected, ", not ", describeJson(json))};
}

Status readValue(const Json& json, const FieldInfo&, const std::string& path, std::string& out) {
    if (!json.is_string()) return fail(typeError(path, "text", json));
    const auto& text = json.get_ref<const std::string&>();
    if (!isValidUtf8(text) || text.find('\0') != std::string::npos)
        return fail(ErrorCode::InvalidInput,
                    strCat(quoted(path), " must be UTF-8 text without NUL characters"));
    out = text;
    return {};
}

Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::int64_t& out) {
    if (!json.is_number()) return fail(typeError(path, "a whole number", json));
    const double value = json.get<double>();
    if (json.is_number_float() && (!std::isfinite(value) || value != std::floor(value)))
        return fail(typeError(path, "a whole number", json));
    SKD_CHECK(checkRange(value, dumpJson(json), info, path));
    // 2^63 itself is not an int64; every double below it is.
    if (value < -0x1p63 || value >= 0x1p63)
        return fail(ErrorCode::InvalidInput,
                    strCat(quoted(path), " is beyond 64-bit integers: ", dumpJson(json)));
    out = json.is_number_float() ? static_cast<std::int64_t>(value) : json.get<std::int64_t>();
    return {};
}

Status readValue(const Json& json, const FieldInfo& info, const std::string& path, double& out) {
    if (!json.is_number()) return fail(typeError(path, "a number", json));
    const double value = json.get<double>();
    if (!std::isfinite(value)) return fail(typeError(path, "a finite number", json));
    SKD_CHECK(checkRange(value, dumpJson(json), info, path));
    out = value;
    return {};
}

Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 AutoNumber& out) {
    if (json.is_string())
        if (const auto word = AutoNumber::ofWord(json.get_ref<const std::string&>())) {
            out = *word;
            return {};
        }
    if (!json.is_number()) return fail(typeError(path, "a number, \"auto\" or \"rule\"", json));
    double value = 0;
    SKD_CHECK(readValue(json, info, path, value));
    out = value;
    return {};
}

Status readValue(const Json& json, const FieldInfo&, const std::string& path, bool& out) {
    if (!json.is_boolean()) return fail(typeError(path, "true or false", json));
    out = json.get<bool>();
    return {};
}

namespace {

/// Where a list stands, and what it should be.
struct ListPlace {
    const std::string& path;
    const char* expected;
};

template <class T>
Status readElements(const Json& json, const FieldInfo& info, const ListPlace& place,
                    std::vector<T>& out) {
    if (!json.is_array()) return fail(typeError(place.path, place.expected, json));
    std::vector<T> read(json.size());
    for (std::size_t i = 0; i < read.size(); ++i)
        SKD_CHECK(readValue(json[i], info, strCat(place.path, ".", i), read[i]));
    out = std::move(read);
    return {};
}

}  // namespace

Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::vector<std::string>& out) {
    return readElements(json, info, {path, "a list of texts"}, out);
}

Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::vector<std::int64_t>& out) {
    return readElements(json, info, {path, "a list of whole numbers"}, out);
}

Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::vector<double>& out) {
    return readElements(json, info, {path, "a list of numbers"}, out);
}

namespace {

template <class T>
Status readMap(const Json& json, const FieldInfo& info, const std::string& path,
               const char* expected, std::map<std::string, T>& out) {
    if (!json.is_object()) return fail(typeError(path, expected, json));
    std::map<std::string, T> read;
    for (const auto& [key, value] : json.items()) {
        if (key.empty())
            return fail(ErrorCode::InvalidInput, strCat(quoted(path), " has an empty name"));
        SKD_CHECK(readValue(value, info, strCat(path, ".", key), read[key]));
    }
    out = std::move(read);
    return {};
}

}  // namespace

Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::map<std::string, std::int64_t>& out) {
    return readMap(json, info, path, "an object of whole numbers", out);
}

Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 std::map<std::string, double>& out) {
    return readMap(json, info, path, "an object of numbers", out);
}

Status readValue(const Json& json, const FieldInfo& info, const std::string& path,
                 LayerIndex& out) {
    std::int64_t layer = 0;
    SKD_CHECK(readValue(json, info, path, layer));
    out = LayerIndex(static_cast<std::int32_t>(layer));
    return {};
}

Status readExact(const Json& json, const std::string& path, double& out) {
    std::string text;
    SKD_CHECK(readValue(json, {}, path, text));
    const auto value = parseNumber<double>(text);
    if (!value) return fail(ErrorCode::Corrupt, strCat("\"", text, "\" is not a number"));
    out = *value;
    return {};
}

Result<std::string> readChoice(const Json& json, const std::string& path,
                               const std::vector<std::string>& names) {
    const std::string choices = joined(names);
    if (!json.is_string()) return fail(typeError(path, "one of " + choices, json));
    const auto& text = json.get_ref<const std::string&>();
    if (std::find(names.begin(), names.end(), text) != names.end()) return text;
    return fail(ErrorCode::InvalidInput, strCat(quoted(path), " must be one of ", choices, ", not ",
                                                dumpJson(json), didYouMean(text, names)));
}

const Json* JsonReader::take(const char* name) {
    m_names.emplace_back(name);
    const auto found = m_object.find(name);
    return found == m_object.end() ? nullptr : &*found;
}

void JsonReader::keep(Status status) {
    if (m_status && !status) m_status = std::move(status);
}

std::string JsonReader::pathOf(const std::string& name) const {
    return m_path.empty() ? name : m_path + "." + name;
}

Status JsonReader::finish() {
    if (!m_status) return m_status;
    for (const auto& [key, value] : m_object.items()) {
        if (std::find(m_names.begin(), m_names.end(), key) != m_names.end()) continue;
        return fail(ErrorCode::InvalidInput, strCat("there is no field \"", pathOf(key), "\"",
                                                    didYouMean(key, m_names, pathOf(""))));
    }
    return {};
}

}  // namespace skd
