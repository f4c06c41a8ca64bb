#include "formats/gguf_metadata.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>

#include "base/text.h"
#include "formats/tensor_view.h"

namespace skd {
namespace {

struct TypeRow {
    const char* name;
    std::size_t bytes;
};

// Indexed by the numbers of GgufType.
constexpr std::array kTypes{
    TypeRow{"u8", 1},     TypeRow{"i8", 1},    TypeRow{"u16", 2}, TypeRow{"i16", 2},
    TypeRow{"u32", 4},    TypeRow{"i32", 4},   TypeRow{"f32", 4}, TypeRow{"bool", 1},
    TypeRow{"string", 0}, TypeRow{"array", 0}, TypeRow{"u64", 8}, TypeRow{"i64", 8},
    TypeRow{"f64", 8},
};

TypeRow rowOf(GgufType type) {
    const auto number = static_cast<std::size_t>(type);
    return number < kTypes.size() ? kTypes[number] : TypeRow{"unknown", 0};
}

template <class Value>
Value load(const std::byte* bytes) {
    Value value{};
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

/// Calls `use` with the scalar at `bytes` in its own type; false when `type` is not an integer.
template <class Use>
bool visitInteger(GgufType type, const std::byte* bytes, Use use) {
    switch (type) {
        case GgufType::U8:
            use(load<std::uint8_t>(bytes));
            return true;
        case GgufType::I8:
            use(load<std::int8_t>(bytes));
            return true;
        case GgufType::U16:
            use(load<std::uint16_t>(bytes));
            return true;
        case GgufType::I16:
            use(load<std::int16_t>(bytes));
            return true;
        case GgufType::U32:
            use(load<std::uint32_t>(bytes));
            return true;
        case GgufType::I32:
            use(load<std::int32_t>(bytes));
            return true;
        case GgufType::U64:
            use(load<std::uint64_t>(bytes));
            return true;
        case GgufType::I64:
            use(load<std::int64_t>(bytes));
            return true;
        default:
            return false;
    }
}

template <class Use>
bool visitNumber(GgufType type, const std::byte* bytes, Use use) {
    if (type == GgufType::F32)
        use(load<float>(bytes));
    else if (type == GgufType::F64)
        use(load<double>(bytes));
    else
        return visitInteger(type, bytes, use);
    return true;
}

std::string keyText(std::string_view key) {
    return "metadata key " + displayName(key);
}

tl::unexpected<Error> missing(std::string_view key) {
    return fail(ErrorCode::NotFound,
                strCat(keyText(key), " is missing; convert the model to GGUF again"));
}

tl::unexpected<Error> mistyped(std::string_view key, const GgufValue& value, const char* wanted) {
    const std::string found = value.type == GgufType::Array
                                  ? strCat("an array of ", ggufTypeName(value.elementType))
                                  : strCat("of type ", ggufTypeName(value.type));
    return fail(ErrorCode::Corrupt, strCat(keyText(key), " is ", found, ", not ", wanted));
}

tl::unexpected<Error> tooLarge(std::string_view key) {
    return fail(ErrorCode::Corrupt, strCat(keyText(key), " is above 2^63"));
}

/// False when the value does not fit.
template <class Value>
bool toSigned(Value value, std::int64_t& out) {
    out = static_cast<std::int64_t>(value);
    return std::in_range<std::int64_t>(value);
}

}  // namespace

const char* ggufTypeName(GgufType type) {
    return rowOf(type).name;
}

std::size_t ggufScalarBytes(GgufType type) {
    return rowOf(type).bytes;
}

Result<GgufMetadata> GgufMetadata::build(std::vector<GgufEntry> entries) {
    GgufMetadata metadata;
    metadata.m_entries = std::move(entries);
    const std::vector<GgufEntry>& all = metadata.m_entries;
    std::vector<std::uint32_t>& order = metadata.m_byKey;
    order.resize(all.size());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(),
              [&all](std::uint32_t a, std::uint32_t b) { return all[a].key < all[b].key; });
    const auto twice = std::adjacent_find(
        order.begin(), order.end(),
        [&all](std::uint32_t a, std::uint32_t b) { return all[a].key == all[b].key; });
    if (twice != order.end())
        return fail(ErrorCode::Corrupt, strCat(keyText(all[*twice].key), " is there twice"));
    return metadata;
}

const GgufValue* GgufMetadata::find(std::string_view key) const {
    const auto found = std::lower_bound(
        m_byKey.begin(), m_byKey.end(), key,
        [this](std::uint32_t i, std::string_view wanted) { return m_entries[i].key < wanted; });
    if (found == m_byKey.end() || m_entries[*found].key != key) return nullptr;
    return &m_entries[*found].value;
}

Result<std::int64_t> GgufMetadata::integer(std::string_view key,
                                           std::optional<std::int64_t> fallback) const {
    const GgufValue* value = find(key);
    if (value == nullptr && fallback) return *fallback;
    if (value == nullptr) return missing(key);
    std::int64_t result = 0;
    bool fits = false;
    if (!visitInteger(value->type, value->bytes.data(),
                      [&](auto number) { fits = toSigned(number, result); }))
        return mistyped(key, *value, "an integer");
    if (!fits) return tooLarge(key);
    return result;
}

Result<double> GgufMetadata::number(std::string_view key, std::optional<double> fallback) const {
    const GgufValue* value = find(key);
    if (value == nullptr && fallback) return *fallback;
    if (value == nullptr) return missing(key);
    double result = 0.0;
    if (!visitNumber(value->type, value->bytes.data(),
                     [&](auto number) { result = static_cast<double>(number); }))
        return mistyped(key, *value, "a number");
    return result;
}

Result<bool> GgufMetadata::boolean(std::string_view key, std::optional<bool> fallback) const {
    const GgufValue* value = find(key);
    if (value == nullptr && fallback) return *fallback;
    if (value == nullptr) return missing(key);
    if (value->type != GgufType::Bool) return mistyped(key, *value, "a bool");
    return value->bytes[0] != std::byte{0};
}

Result<std::string_view> GgufMetadata::string(std::string_view key,
                                              std::optional<std::string_view> fallback) const {
    const GgufValue* value = find(key);
    if (value == nullptr && fallback) return *fallback;
    if (value == nullptr) return missing(key);
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
    const std::size_t step = ggufScalarBytes(value->elementType);
    std::vector<std::int64_t> result(step == 0 ? 0 : value->count);
    bool integral = step != 0;
    bool fits = true;
    for (std::uint64_t i = 0; integral && i < result.size(); ++i)
        integral = visitInteger(value->elementType, value->bytes.data() + i * step,
                                [&](auto number) { fits &= toSigned(number, result[i]); });
    if (!integral) return mistyped(key, *value, "an array of integers");
    if (!fits) return tooLarge(key);
    return result;
}

Result<std::vector<float>> GgufMetadata::floats(std::string_view key) const {
    SKD_TRY(const GgufValue* value, array(key));
    const std::size_t step = ggufScalarBytes(value->elementType);
    std::vector<float> result(step == 0 ? 0 : value->count);
    bool numeric = step != 0;
    for (std::uint64_t i = 0; numeric && i < result.size(); ++i)
        numeric = visitNumber(value->elementType, value->bytes.data() + i * step,
                              [&](auto number) { result[i] = static_cast<float>(number); });
    if (!numeric) return mistyped(key, *value, "an array of numbers");
    return result;
}

}  // namespace skd
