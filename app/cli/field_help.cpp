#include "cli/field_help.h"

#include <cmath>

#include "base/text.h"

namespace skd::cli {
namespace {

std::string bound(double value) {
    const bool whole = value == std::floor(value) && std::fabs(value) < 1e15;
    return whole ? groupDigits(static_cast<long long>(value)) : exactText(value);
}

std::string range(const FieldInfo& info) {
    const bool low = std::isfinite(info.minimum), high = std::isfinite(info.maximum);
    if (low && high) return strCat(bound(info.minimum), " to ", bound(info.maximum));
    if (low) return strCat("at least ", bound(info.minimum));
    return high ? strCat("at most ", bound(info.maximum)) : std::string();
}

/// "energy | budget", "0 to 0.99 tokens, or auto".
std::string accepted(const FieldDescription& field) {
    if (field.type == "choice") return joined(field.choices, " | ");
    if (field.type == "flag") return "true | false";
    std::string text = range(field.info);
    if (*field.info.unit != '\0') appendPart(text, field.info.unit, " ");
    if (!field.choices.empty()) appendPart(text, joined(field.choices, " or "), ", or ");
    return text;
}

std::string shownDefault(const FieldDescription& field) {
    constexpr std::size_t kLongest = 60;
    std::string text = dumpJson(field.defaultValue);
    if (text.size() <= kLongest || !field.defaultValue.is_structured()) return text;
    return strCat(field.defaultValue.size(), " elements");
}

void addField(const FieldDescription& field, const std::string& place, std::string& out) {
    out += strCat(place, field.path, " = ", shownDefault(field), "  ", field.info.help);
    if (const std::string text = accepted(field); !text.empty()) out += strCat("  [", text, "]");
    out += "\n";
    for (const FieldDescription& element : field.elements)
        addField(element, strCat("  ", place, field.path, ".N."), out);
}

}  // namespace

std::string fieldHelp(const std::vector<FieldDescription>& fields) {
    std::string out;
    for (const FieldDescription& field : fields) addField(field, "  ", out);
    return out;
}

}  // namespace skd::cli
