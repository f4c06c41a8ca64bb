#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"

namespace skd {

/// Limits of the format.
constexpr std::size_t kMaxGgufTensorName = 63;
constexpr std::uint32_t kMaxGgufDimensions = 4;

/// Value types of GGUF metadata, by the numbers of the specification.
enum class GgufType : std::uint32_t {
    U8 = 0,
    I8 = 1,
    U16 = 2,
    I16 = 3,
    U32 = 4,
    I32 = 5,
    F32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    U64 = 10,
    I64 = 11,
    F64 = 12,
};

/// What stands for an array in GgufValues.
struct GgufArray {};
/// The values in which each type is held, by the numbers of GgufType.
using GgufValues =
    std::tuple<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t, std::int32_t,
               float, bool, std::string, GgufArray, std::uint64_t, std::int64_t, double>;

/// Calls `use` with a default value of the type and returns what it returns, a bool; false for a
/// number that is no type.
template <class Use>
bool visitGgufType(GgufType type, Use use) {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
        return ((type == static_cast<GgufType>(i) && use(std::tuple_element_t<i, GgufValues>{})) ||
                ...);
    }
    (std::make_index_sequence<std::tuple_size_v<GgufValues>>{});
}

/// "u32", "string"; "unknown" for a number that is no type.
const char* ggufTypeName(GgufType type);
/// Bytes of a scalar; 0 for strings, arrays and unknown types.
std::size_t ggufScalarBytes(GgufType type);

/// A metadata value as it lies in the file; decoded when it is asked for.
struct GgufValue {
    GgufType type = GgufType::U8;
    GgufType elementType = GgufType::U8;  ///< of an array
    std::uint64_t count = 1;              ///< elements of an array
    /// The scalar, the characters, or the elements (strings each with their u64 length).
    std::span<const std::byte> bytes;
};

struct GgufEntry {
    std::string_view key;
    GgufValue value;
};

/// The key-value pairs of a GGUF file. What they return points into the file, and is valid as long
/// as that is open. Each lookup fails with NotFound when the key is missing (unless a fallback is
/// given) and with Corrupt when its type is another one.
class GgufMetadata {
public:
    GgufMetadata() = default;
    /// Entries must have been checked by parseGguf; refuses a key that occurs twice.
    static Result<GgufMetadata> build(std::vector<GgufEntry> entries);

    /// In the order of the file.
    [[nodiscard]] const std::vector<GgufEntry>& entries() const { return m_entries; }
    [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
    /// Null when the key is missing.
    [[nodiscard]] const GgufValue* find(std::string_view key) const;

    /// Any integer type, by value; fails above 2^63 - 1.
    [[nodiscard]] Result<std::int64_t> integer(std::string_view key,
                                               std::optional<std::int64_t> fallback = {}) const;
    /// Any float or integer type.
    [[nodiscard]] Result<double> number(std::string_view key,
                                        std::optional<double> fallback = {}) const;
    [[nodiscard]] Result<bool> boolean(std::string_view key,
                                       std::optional<bool> fallback = {}) const;
    /// The bytes of a string; not checked to be UTF-8.
    [[nodiscard]] Result<std::string_view> string(
        std::string_view key, std::optional<std::string_view> fallback = {}) const;

    [[nodiscard]] Result<std::vector<std::string_view>> strings(std::string_view key) const;
    /// An array of any integer type.
    [[nodiscard]] Result<std::vector<std::int64_t>> integers(std::string_view key) const;
    /// An array of any float or integer type, as f32.
    [[nodiscard]] Result<std::vector<float>> floats(std::string_view key) const;

private:
    [[nodiscard]] Result<const GgufValue*> array(std::string_view key) const;

    std::vector<GgufEntry> m_entries;
    std::map<std::string_view, std::size_t> m_byKey;
};

}  // namespace skd
