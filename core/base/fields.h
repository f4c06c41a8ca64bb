#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// One field list per spec. Each spec struct has
///     static void visitFields(auto& self, auto& visitor);
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
    bool isLater = false;  ///< came after version 0.1.0; see spec/spec_identity.h
    /// Of a later field whose default is not what earlier versions did: that value, as JSON.
    const char* before = nullptr;
};

/// A number, or a word in its place: "auto", where the program is to find the number by a
/// measurement, or "rule", where it follows from the other fields and the model.
class AutoNumber {
public:
    static constexpr std::array kWords{"auto", "rule"};

    constexpr AutoNumber(double value) : m_value(value) {}
    [[nodiscard]] static constexpr AutoNumber automatic() { return AutoNumber(std::size_t{0}); }
    [[nodiscard]] static constexpr AutoNumber ruled() { return AutoNumber(std::size_t{1}); }
    /// Nothing where it is none of the words.
    [[nodiscard]] static std::optional<AutoNumber> ofWord(std::string_view text) {
        for (std::size_t i = 0; i < kWords.size(); ++i)
            if (text == kWords[i]) return AutoNumber(i);
        return std::nullopt;
    }

    [[nodiscard]] constexpr bool isAutomatic() const { return *this == automatic(); }
    [[nodiscard]] constexpr bool isRuled() const { return *this == ruled(); }
    /// The number; `found` where a word stands in its place.
    [[nodiscard]] constexpr double valueOr(double found) const { return m_value.value_or(found); }
    /// Null where it is a number.
    [[nodiscard]] constexpr const char* word() const { return m_value ? nullptr : kWords[m_word]; }
    bool operator==(const AutoNumber&) const = default;

private:
    explicit constexpr AutoNumber(std::size_t word) : m_word(word) {}
    std::optional<double> m_value;
    std::size_t m_word = 0;
};

/// An enum's values and what they are called in files and on the command line. Per enum, with the
/// names in the order of its values:
///     template <>
///     inline constexpr auto kNames<Control> = names<Control>({"none", "dense-kd", ...});
template <class E>
inline constexpr std::nullptr_t kNames = nullptr;

template <class E, std::size_t N>
constexpr auto names(const char* const (&inOrder)[N]) {
    std::array<std::pair<E, const char*>, N> entries{};
    for (std::size_t i = 0; i < N; ++i) entries[i] = {static_cast<E>(i), inOrder[i]};
    return entries;
}
/// The same for values that do not count up from 0, or have a name each beside them.
template <class E, std::size_t N>
constexpr auto names(const std::pair<E, const char*> (&entries)[N]) {
    return std::to_array(entries);
}

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires {
    kNames<E>.size();
};

template <NamedEnum E>
constexpr const char* enumName(E value) {
    for (const auto& [candidate, name] : kNames<E>)
        if (candidate == value) return name;
    return "?";
}

template <NamedEnum E>
std::vector<std::string> enumNames() {
    std::vector<std::string> names;
    for (const auto& entry : kNames<E>) names.emplace_back(entry.second);
    return names;
}

template <NamedEnum E>
bool parseEnum(std::string_view text, E& out) {
    for (const auto& [candidate, name] : kNames<E>) {
        if (text != name) continue;
        out = candidate;
        return true;
    }
    return false;
}

}  // namespace skd
