#include "formats/gguf_writer.h"

#include <bit>
#include <string_view>
#include <type_traits>
#include <unordered_set>

#include "base/files.h"
#include "base/text.h"
#include "formats/gguf_metadata.h"

namespace skd {
namespace {

constexpr std::uint32_t kVersion = 3;

template <class Value>
constexpr GgufType typeOf() {
    if constexpr (std::is_same_v<Value, bool>)
        return GgufType::Bool;
    else if constexpr (std::is_same_v<Value, std::uint8_t>)
        return GgufType::U8;
    else if constexpr (std::is_same_v<Value, std::int8_t>)
        return GgufType::I8;
    else if constexpr (std::is_same_v<Value, std::uint16_t>)
        return GgufType::U16;
    else if constexpr (std::is_same_v<Value, std::int16_t>)
        return GgufType::I16;
    else if constexpr (std::is_same_v<Value, std::uint32_t>)
        return GgufType::U32;
    else if constexpr (std::is_same_v<Value, std::int32_t>)
        return GgufType::I32;
    else if constexpr (std::is_same_v<Value, std::uint64_t>)
        return GgufType::U64;
    else if constexpr (std::is_same_v<Value, std::int64_t>)
        return GgufType::I64;
    else if constexpr (std::is_same_v<Value, float>)
        return GgufType::F32;
    else if constexpr (std::is_same_v<Value, double>)
        return GgufType::F64;
    else
        return GgufType::String;
}

/// Builds the part of the file that comes before the data.
class HeaderWriter {
public:
    [[nodiscard]] const std::string& bytes() const { return m_bytes; }

    template <class Value>
    void put(Value value) {
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void put(const std::string& text) {
        put(static_cast<std::uint64_t>(text.size()));
        m_bytes += text;
    }
    void put(GgufType type) { put(static_cast<std::uint32_t>(type)); }
    void raw(std::string_view bytes) { m_bytes += bytes; }

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
    void padTo(std::uint64_t alignment) {
        m_bytes.append((alignment - m_bytes.size() % alignment) % alignment, '\0');
    }

private:
    std::string m_bytes;
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
    SKD_CHECK(checkTensorName(tensor.name, kMaxTensorName));
    if (!std::holds_alternative<GgmlType>(tensor.type))
        return fail(ErrorCode::Internal,
                    strCat(storageTypeName(tensor.type), " of safetensors is not a ggml type"));
    if (tensor.shape.size() > kMaxDimensions)
        return fail(ErrorCode::Unsupported,
                    strCat("GGUF has no tensors of ", tensor.shape.size(), " dimensions"));
    return storedByteCount(tensor.type, tensor.shape);
}

Result<std::vector<std::uint64_t>> checkedSizes(std::span<const TensorOut> tensors) {
    std::vector<std::uint64_t> sizes;
    std::unordered_set<std::string_view> names;
    for (const TensorOut& tensor : tensors) {
        auto size = checkedSize(tensor);
        if (!size) return fail(size.error().in("tensor " + displayName(tensor.name)));
        if (!names.insert(tensor.name).second)
            return fail(ErrorCode::Internal, strCat("the tensor ", displayName(tensor.name),
                                                    " was to be written twice"));
        sizes.push_back(*size);
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

std::uint64_t padding(std::uint64_t size, std::uint64_t alignment) {
    return (alignment - size % alignment) % alignment;
}

}  // namespace

Status writeGguf(const std::filesystem::path& path, std::span<const GgufField> metadata,
                 std::span<const TensorOut> tensors) {
    SKD_CHECK(checkKeys(metadata));
    SKD_TRY(const std::uint64_t alignment, alignmentOf(metadata));
    SKD_TRY(const std::vector<std::uint64_t> sizes, checkedSizes(tensors));
    HeaderWriter header;
    header.raw("GGUF");
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
        offset += sizes[i] + padding(sizes[i], alignment);
    }
    header.padTo(alignment);
    SKD_TRY(AtomicFile file, AtomicFile::create(path));
    SKD_CHECK(file.write(header.bytes()));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        SKD_TRY(const std::span<const std::byte> bytes, bytesToWrite(tensors[i], sizes[i]));
        SKD_CHECK(file.write(bytes.data(), bytes.size()));
        SKD_CHECK(file.write(std::string(padding(sizes[i], alignment), '\0')));
    }
    return file.commit();
}

}  // namespace skd
