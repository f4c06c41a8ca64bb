#include "formats/gguf_writer.h"

#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <unordered_set>

#include "base/files.h"
#include "base/text.h"
#include "formats/refusals.h"

namespace skd {
namespace {

constexpr std::uint32_t kVersion = 3;

/// The type in which a value is held.
template <class Value, std::size_t kNumber = 0>
constexpr GgufType typeOf() {
    if constexpr (std::is_same_v<Value, std::tuple_element_t<kNumber, GgufValues>>)
        return static_cast<GgufType>(kNumber);
    else
        return typeOf<Value, kNumber + 1>();
}

/// Builds the part of the file that comes before the data.
struct HeaderWriter {
    std::string bytes;

    template <class Value>
    void put(Value value) {
        bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void put(const std::string& text) {
        put(static_cast<std::uint64_t>(text.size()));
        bytes += text;
    }
    void put(GgufType type) { put(static_cast<std::uint32_t>(type)); }

    template <class Value>
    void field(const Value& value) {
        put(typeOf<Value>());
        put(value);
    }
    template <class Value>
    void field(const std::vector<Value>& values) {
        put(GgufType::Array);
        put(typeOf<Value>());
        put(static_cast<std::uint64_t>(values.size()));
        for (const Value& value : values) put(value);
    }
};

Result<std::uint64_t> alignmentOf(std::span<const GgufField> metadata) {
    for (const GgufField& field : metadata) {
        if (field.key != "general.alignment") continue;
        const auto* alignment = std::get_if<std::uint32_t>(&field.value);
        if (alignment == nullptr || !std::has_single_bit(*alignment))
            return fail(ErrorCode::Internal, "general.alignment must be a u32 power of two");
        return *alignment;
    }
    return 32;
}

Status checkKeys(std::span<const GgufField> metadata) {
    std::unordered_set<std::string_view> keys;
    for (const GgufField& field : metadata)
        if (field.key.empty() || !keys.insert(field.key).second)
            return fail(ErrorCode::Internal, strCat("the metadata key ", displayName(field.key),
                                                    " is empty or was to be written twice"));
    return {};
}

/// Bytes of the tensor's data.
Result<std::uint64_t> checkedSize(const TensorOut& tensor) {
    SKD_CHECK(checkTensorName(tensor.name, kMaxGgufTensorName));
    if (!std::holds_alternative<GgmlType>(tensor.type))
        return fail(ErrorCode::Internal,
                    strCat(storageTypeName(tensor.type), " of safetensors is not a ggml type"));
    if (tensor.shape.size() > kMaxGgufDimensions)
        return unsupported("GGUF has no tensors of ", tensor.shape.size(), " dimensions");
    return storedByteCount(tensor.type, tensor.shape);
}

Result<std::vector<std::uint64_t>> checkedSizes(std::span<const TensorOut> tensors) {
    std::vector<std::uint64_t> sizes;
    if (const auto twice = nameGivenTwice(tensors, &TensorOut::name))
        return fail(ErrorCode::Internal,
                    strCat("the tensor ", displayName(*twice), " was to be written twice"));
    for (const TensorOut& tensor : tensors) {
        SKD_TRY(const std::uint64_t size,
                located(checkedSize(tensor), "tensor " + displayName(tensor.name)));
        sizes.push_back(size);
    }
    return sizes;
}

void putTensorInfo(HeaderWriter& header, const TensorOut& tensor, std::uint64_t offset) {
    header.put(tensor.name);
    header.put(static_cast<std::uint32_t>(tensor.shape.size()));
    for (auto size = tensor.shape.rbegin(); size != tensor.shape.rend(); ++size)
        header.put(static_cast<std::uint64_t>(*size));
    header.put(static_cast<std::uint32_t>(std::get<GgmlType>(tensor.type)));
    header.put(offset);
}

std::string padding(std::uint64_t size, std::uint64_t alignment) {
    return std::string((alignment - size % alignment) % alignment, '\0');
}

template <class Value>
std::vector<Value> valuesOf(const GgufValue& value) {
    std::vector<Value> values(value.count);
    if (!values.empty())
        std::memcpy(values.data(), value.bytes.data(), values.size() * sizeof(Value));
    return values;
}

/// Scalars keep their type; nothing for a value of no known type.
std::optional<GgufFieldValue> scalar(const GgufValue& value) {
    std::optional<GgufFieldValue> copy;
    visitGgufType(value.type, [&]<class Value>(const Value&) {
        if constexpr (std::is_arithmetic_v<Value>) {
            Value number{};
            std::memcpy(&number, value.bytes.data(), sizeof number);
            copy = number;
        } else if constexpr (std::is_same_v<Value, std::string>) {
            copy =
                std::string(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
        }
        return true;
    });
    return copy;
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

Status writeGguf(const std::filesystem::path& path, std::span<const GgufField> metadata,
                 std::span<const TensorOut> tensors) {
    SKD_CHECK(checkKeys(metadata));
    SKD_TRY(const std::uint64_t alignment, alignmentOf(metadata));
    SKD_TRY(const std::vector<std::uint64_t> sizes, checkedSizes(tensors));
    HeaderWriter header;
    header.bytes += "GGUF";
    header.put(kVersion);
    header.put(static_cast<std::uint64_t>(tensors.size()));
    header.put(static_cast<std::uint64_t>(metadata.size()));
    for (const GgufField& field : metadata) {
        header.put(field.key);
        std::visit([&header](const auto& value) { header.field(value); }, field.value);
    }
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        putTensorInfo(header, tensors[i], offset);
        offset += sizes[i] + padding(sizes[i], alignment).size();
    }
    header.bytes += padding(header.bytes.size(), alignment);
    SKD_TRY(AtomicFile file, AtomicFile::create(path));
    SKD_CHECK(file.write(header.bytes));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        SKD_TRY(const std::span<const std::byte> bytes, bytesToWrite(tensors[i], sizes[i]));
        SKD_CHECK(file.write(bytes.data(), bytes.size()));
        SKD_CHECK(file.write(padding(sizes[i], alignment)));
    }
    return file.commit();
}

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
            return corrupt("the metadata key ", displayName(entry.key), " has no known type");
        }
    }
    return fields;
}

}  // namespace skd
