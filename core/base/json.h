#pragma once

#include <cmath>
#include <concepts>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"

namespace skd {

/// Keeps the order of keys, so that what is written reads as it was meant.
using Json = nlohmann::ordered_json;

struct JsonLimits {
    int depth = 64;
    bool allowDuplicateKeys = false;
};

/// Parses untrusted JSON: bounded nesting, valid UTF-8, no duplicate keys, nothing after the value.
/// The error names the line or byte.
Result<Json> parseJson(std::string_view text, const JsonLimits& limits = {});

/// The JSON of a file of at most `limit` bytes; the error names the file.
Result<Json> readJsonFile(const std::filesystem::path& path, std::uint64_t limit = 16u << 20);

/// Compact text; non-finite numbers become null, invalid UTF-8 is replaced.
std::string dumpJson(const Json& value, int indent = -1);

// How JSON is read that somebody else may have written. The library's operator[], at(), get() and
// value() abort or throw where something is absent or of another type; a test bans them
// (tests/core/base/json_access_test.cpp).

/// The member `key`; null where there is none, and where `json` is no object.
const Json& memberOf(const Json& json, std::string_view key);

/// The value, where it is of type T: a whole number in T's range, any number for a floating type, a
/// string, a bool.
template <class T>
std::optional<T> valueAs(const Json& json);

namespace detail {
/// What is returned for a fallback: texts as strings.
template <class T>
using JsonValue = std::conditional_t<std::is_convertible_v<T, std::string_view>, std::string, T>;
}  // namespace detail

/// The value; `fallback` where it is of another type.
template <class T>
detail::JsonValue<T> valueOr(const Json& json, T fallback) {
    if constexpr (std::is_same_v<T, Json>) {
        return json.is_null() ? std::move(fallback) : json;
    } else {
        if (auto value = valueAs<detail::JsonValue<T>>(json)) return std::move(*value);
        return detail::JsonValue<T>(std::move(fallback));
    }
}
/// The same of a member.
template <class T>
detail::JsonValue<T> valueOr(const Json& json, std::string_view key, T fallback) {
    return valueOr(memberOf(json, key), std::move(fallback));
}

/// All elements of an array, each of type T; nothing where one is not.
template <class T>
std::optional<std::vector<T>> valuesAs(const Json& json) {
    if (!json.is_array()) return std::nullopt;
    std::vector<T> values;
    values.reserve(json.size());
    for (const Json& element : json) {
        auto value = valueAs<T>(element);
        if (!value) return std::nullopt;
        values.push_back(std::move(*value));
    }
    return values;
}

template <class T>
std::optional<T> valueAs(const Json& json) {
    if constexpr (std::is_same_v<T, std::string>) {
        return json.is_string() ? std::optional(json.get<std::string>()) : std::nullopt;
    } else if constexpr (std::is_same_v<T, bool>) {
        return json.is_boolean() ? std::optional(json.get<bool>()) : std::nullopt;
    } else if constexpr (std::floating_point<T>) {
        return json.is_number() ? std::optional(json.get<T>()) : std::nullopt;
    } else {
        static_assert(std::integral<T>);
        if (json.is_number_unsigned()) {
            const auto value = json.get<std::uint64_t>();
            return std::in_range<T>(value) ? std::optional(static_cast<T>(value)) : std::nullopt;
        }
        // 9e15: above, not every whole number is a double.
        const double number = json.is_number_float() ? json.get<double>() : 0;
        if (!json.is_number() || !(std::fabs(number) < 9e15) || number != std::floor(number))
            return std::nullopt;
        const auto value = json.get<std::int64_t>();
        return std::in_range<T>(value) ? std::optional(static_cast<T>(value)) : std::nullopt;
    }
}

}  // namespace skd
