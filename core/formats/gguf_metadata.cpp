#include "formats/gguf_metadata.h"

#include <array>
#include <cstring>

#include "base/text.h"
#include "formats/refusals.h"
#include "formats/tensor_view.h"

namespace skd {
namespace {

// Indexed by the numbers of GgufType.
constexpr std::array kTypeNames{"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                "bool", "string", "array", "u64", "i64", "f64"};

template <class Value>
Value load(const std::byte* bytes) {
    Value value{};
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

/// Calls `use` with the number at `bytes` in its own type; false when `type` is neither an integer
/// nor, with kFloats, a float.
template <bool kFloats, class Use>
bool visitNumber(GgufType type, const std::byte* bytes, Use use) {
    return visitGgufType(type, [&]<class Value>(const Value&) {
        constexpr bool kWanted = std::is_integral_v<Value> ? !std::is_same_v<Value, bool>
                                                           : kFloats && std::is_arithmetic_v<Value>;
        if constexpr (kWanted) use(load<Value>(bytes));
        return kWanted;
    });
}

/// The same for each number of an array.
template <bool kFloats, class Use>
bool visitNumbers(const GgufValue& array, Use use) {
    const std::size_t step = ggufScalarBytes(array.elementType);
    bool numeric = step != 0;
    for (std::size_t i = 0; numeric && i < array.count; ++i)
        numeric = visitNumber<kFloats>(array.elementType, array.bytes.data() + i * step, use);
    return numeric;
}

std::string keyText(std::string_view key) {
    return "metadata key " + displayName(key);
}

tl::unexpected<Error> missing(std::string_view key) {
    return fail(ErrorCode::NotFound,
                strCat(keyText(key), " is missing; convert the model to GGUF again"));
}

template <class Value>
Result<Value> orMissing(const std::optional<Value>& fallback, std::string_view key) {
    if (fallback) return *fallback;
    return missing(key);
}

tl::unexpected<Error> mistyped(std::string_view key, const GgufValue& value, const char* wanted) {
    const std::string found = value.type == GgufType::Array
                                  ? strCat("an array of ", ggufTypeName(value.elementType))
                                  : strCat("of type ", ggufTypeName(value.type));
    return corrupt(keyText(key), " is ", found, ", not ", wanted);
}

tl::unexpected<Error> tooLarge(std::string_view key) {
    return corrupt(keyText(key), " is above 2^63");
}

/// False when the value does not fit.
template <class Value>
bool toSigned(Value value, std::int64_t& out) {
    out =
        static_cast<std::int64_t>(value);  // NOLINT(bugprone-signed-char-misuse): int8 is a number
    return std::in_range<std::int64_t>(value);
}

}  // namespace

const char* ggufTypeName(GgufType type) {
    const auto number = static_cast<std::size_t>(type);
    return number < kTypeNames.size() ? kTypeNames[number] : "unknown";
}

std::size_t ggufScalarBytes(GgufType type) {
    std::size_t bytes = 0;
    visitGgufType(type, [&]<class Value>(const Value&) {
        if constexpr (std::is_arithmetic_v<Value>) bytes = sizeof(Value);
        return true;
    });
    return bytes;
}

Result<GgufMetadata> GgufMetadata::build(std::vector<GgufEntry> entries) {
    GgufMetadata metadata;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (!metadata.m_byKey.try_emplace(entries[i].key, i).second)
            return corrupt(keyText(entries[i].key), " is there twice");
    metadata.m_entries = std::move(entries);
    return metadata;
}

const GgufValue* GgufMetadata::find(std::string_view key) const {
    const auto found = m_byKey.find(key);
    return found == m_byKey.end() ? nullptr : &m_entries[found->second].value;
}

Result<std::int64_t> GgufMetadata::integer(std::string_view key,
                                           std::optional<std::int64_t> fallback) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return orMissing(fallback, key);
    std::int64_t result = 0;
    bool fits = false;
    if (!visitNumber<false>(value->type, value->bytes.data(),
                            [&](auto number) { fits = toSigned(number, result); }))
        return mistyped(key, *value, "an integer");
    if (!fits) return tooLarge(key);
    return result;
}

Result<double> GgufMetadata::number(std::string_view key, std::optional<double> fallback) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return orMissing(fallback, key);
    double result = 0.0;
    if (!visitNumber<true>(value->type, value->bytes.data(),
                           [&](auto number) { result = static_cast<double>(number); }))
        return mistyped(key, *value, "a number");
    return result;
}

Result<bool> GgufMetadata::boolean(std::string_view key, std::optional<bool> fallback) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return orMissing(fallback, key);
    if (value->type != GgufType::Bool) return mistyped(key, *value, "a bool");
    return value->bytes[0] != std::byte{0};
}

Result<std::string_view> GgufMetadata::string(std::string_view key,
                                              std::optional<std::string_view> fallback) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return orMissing(fallback, key);
    if (value->type != GgufType::String) return mistyped(key, *value, "a string");
    return std::string_view(reinterpret_cast<const char*>(value->bytes.data()),
                            value->bytes.size());
}

Result<const GgufValue*> GgufMetadata::array(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return missing(key);
    if (value->type != GgufType::Array) return mistyped(key, *value, "an array");
    return value;
}

Result<std::vector<std::string_view>> GgufMetadata::strings(std::string_view key) const {
    SKD_TRY(const GgufValue* value, array(key));
    if (value->elementType != GgufType::String) return mistyped(key, *value, "an array of strings");
    std::vector<std::string_view> result;
    result.reserve(value->count);
    const std::byte* next = value->bytes.data();
    for (std::uint64_t i = 0; i < value->count; ++i) {
        const auto length = load<std::uint64_t>(next);
        result.emplace_back(reinterpret_cast<const char*>(next) + sizeof length, length);
        next += sizeof length + length;
    }
    return result;
}

Result<std::vector<std::int64_t>> GgufMetadata::integers(std::string_view key) const {
    SKD_TRY(const GgufValue* value, array(key));
    bool fits = true;
    std::vector<std::int64_t> result;
    if (!visitNumbers<false>(*value,
                             [&](auto number) { fits &= toSigned(number, result.emplace_back()); }))
        return mistyped(key, *value, "an array of integers");
    if (!fits) return tooLarge(key);
    return result;
}

Result<std::vector<float>> GgufMetadata::floats(std::string_view key) const {
    SKD_TRY(const GgufValue* value, array(key));
    std::vector<float> result;
    if (!visitNumbers<true>(*value,
                            [&](auto number) { result.push_back(static_cast<float>(number)); }))
        return mistyped(key, *value, "an array of numbers");
    return result;
}

}  // namespace skd
