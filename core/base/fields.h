#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// One field list per spec. Each spec struct has
///     template <class Self, class Visitor> static void visitFields(Self& self, Visitor& visitor);
/// calling visitor.field(name, member, FieldInfo) for values, visitor.group(name, member, help) for
/// nested specs and visitor.list(name, member, help) for vectors of specs. JSON, command line
/// flags, validation, the database snapshot and the window's forms are visitors, so they cannot
/// drift.
namespace skd {

struct FieldInfo {
    const char* help = "";
    const char* unit = "";
    double minimum = -std::numeric_limits<double>::infinity();
    double maximum = std::numeric_limits<double>::infinity();
};

/// Specialise with `static constexpr std::array<std::pair<E, const char*>, N> values` per enum.
template <class E>
struct EnumNames;

template <class E>
concept NamedEnum = requires {
    EnumNames<E>::values;
};

template <NamedEnum E>
constexpr const char* enumName(E value) {
    for (const auto& [candidate, name] : EnumNames<E>::values)
        if (candidate == value) return name;
    return "?";
}

template <NamedEnum E>
std::vector<std::string> enumNames() {
    std::vector<std::string> names;
    for (const auto& entry : EnumNames<E>::values) names.emplace_back(entry.second);
    return names;
}

template <NamedEnum E>
bool parseEnum(std::string_view text, E& out) {
    for (const auto& [candidate, name] : EnumNames<E>::values) {
        if (text != name) continue;
        out = candidate;
        return true;
    }
    return false;
}

}  // namespace skd
