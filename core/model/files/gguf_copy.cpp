#include <cstring>

#include "base/text.h"
#include "model/files/gguf_output.h"

namespace skd {
namespace {

template <class Value>
std::vector<Value> valuesOf(const GgufValue& value) {
    std::vector<Value> values(value.count);
    if (!values.empty())
        std::memcpy(values.data(), value.bytes.data(), values.size() * sizeof(Value));
    return values;
}

/// Scalars keep their type.
std::optional<GgufFieldValue> scalar(const GgufValue& value) {
    switch (value.type) {
        case GgufType::U8:
            return valuesOf<std::uint8_t>(value).front();
        case GgufType::I8:
            return valuesOf<std::int8_t>(value).front();
        case GgufType::U16:
            return valuesOf<std::uint16_t>(value).front();
        case GgufType::I16:
            return valuesOf<std::int16_t>(value).front();
        case GgufType::U32:
            return valuesOf<std::uint32_t>(value).front();
        case GgufType::I32:
            return valuesOf<std::int32_t>(value).front();
        case GgufType::U64:
            return valuesOf<std::uint64_t>(value).front();
        case GgufType::I64:
            return valuesOf<std::int64_t>(value).front();
        case GgufType::F32:
            return valuesOf<float>(value).front();
        case GgufType::F64:
            return valuesOf<double>(value).front();
        case GgufType::Bool:
            return value.bytes[0] != std::byte{0};
        case GgufType::String:
            return std::string(reinterpret_cast<const char*>(value.bytes.data()),
                               value.bytes.size());
        default:
            return {};
    }
}

/// Arrays keep theirs where the writer has it; numbers of other types become i64.
Result<GgufFieldValue> array(const GgufMetadata& metadata, const GgufEntry& entry) {
    switch (entry.value.elementType) {
        case GgufType::String: {
            SKD_TRY(const std::vector<std::string_view> views, metadata.strings(entry.key));
            return GgufFieldValue(std::vector<std::string>(views.begin(), views.end()));
        }
        case GgufType::F32:
            return GgufFieldValue(valuesOf<float>(entry.value));
        case GgufType::I32:
            return GgufFieldValue(valuesOf<std::int32_t>(entry.value));
        case GgufType::U32:
            return GgufFieldValue(valuesOf<std::uint32_t>(entry.value));
        case GgufType::Bool: {
            std::vector<bool> flags;
            for (const std::byte byte : entry.value.bytes) flags.push_back(byte != std::byte{0});
            return GgufFieldValue(std::move(flags));
        }
        default:
            break;
    }
    SKD_TRY(std::vector<std::int64_t> numbers, metadata.integers(entry.key));
    return GgufFieldValue(std::move(numbers));
}

}  // namespace

Result<std::vector<GgufField>> copyFields(const GgufMetadata& metadata, std::string_view prefix) {
    std::vector<GgufField> fields;
    for (const GgufEntry& entry : metadata.entries()) {
        if (!entry.key.starts_with(prefix)) continue;
        if (entry.value.type == GgufType::Array) {
            SKD_TRY(GgufFieldValue value, array(metadata, entry));
            fields.push_back({std::string(entry.key), std::move(value)});
        } else if (auto value = scalar(entry.value)) {
            fields.push_back({std::string(entry.key), std::move(*value)});
        } else {
            return fail(ErrorCode::Corrupt,
                        strCat("the metadata key ", displayName(entry.key), " has no known type"));
        }
    }
    return fields;
}

}  // namespace skd
