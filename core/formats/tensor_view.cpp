#include "formats/tensor_view.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

#include "base/text.h"
#include "formats/refusals.h"

namespace skd {

std::int64_t TensorView::elementCount() const {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    return count;
}

Status TensorView::copyBytes(std::uint64_t begin, std::span<std::byte> out) const {
    if (file)
        return file->read(static_cast<std::uint64_t>(bytes.data() - file->data()) + begin, out);
    std::ranges::copy(bytes.subspan(begin, out.size()), out.begin());
    return {};
}

void setFile(std::vector<TensorView>& tensors, const std::shared_ptr<const MappedFile>& file) {
    for (TensorView& tensor : tensors) tensor.file = file;
}

Result<TensorTable> TensorTable::build(std::vector<TensorView> tensors) {
    TensorTable table;
    table.m_tensors = std::move(tensors);
    table.m_byName.resize(table.m_tensors.size());
    std::iota(table.m_byName.begin(), table.m_byName.end(), 0u);
    const auto nameAt = [&](std::uint32_t i) -> std::string_view {
        return table.m_tensors[i].name;
    };
    std::ranges::sort(table.m_byName, {}, nameAt);
    const auto twice = std::ranges::adjacent_find(table.m_byName, {}, nameAt);
    if (twice != table.m_byName.end())
        return corrupt("the tensor ", displayName(nameAt(*twice)), " is there twice");
    return table;
}

const TensorView* TensorTable::find(std::string_view name) const {
    const auto nameAt = [this](std::uint32_t i) -> std::string_view { return m_tensors[i].name; };
    const auto found = std::ranges::lower_bound(m_byName, name, {}, nameAt);
    return found == m_byName.end() || nameAt(*found) != name ? nullptr : &m_tensors[*found];
}

Result<std::span<const std::byte>> bytesToWrite(const TensorOut& tensor, std::uint64_t expected) {
    std::span<const std::byte> bytes = tensor.bytes;
    if (tensor.produce) {
        SKD_TRY(bytes, tensor.produce());
    }
    if (bytes.size() == expected) return bytes;
    return fail(ErrorCode::Internal,
                strCat("tensor ", displayName(tensor.name), " was given ", bytes.size(),
                       " bytes to write, but ", storageTypeName(tensor.type), " ",
                       shapeText(tensor.shape), " takes ", expected));
}

Result<std::int64_t> countElements(std::span<const std::int64_t> shape) {
    if (shape.size() > kMaxTensorDimensions)
        return corrupt("it has ", shape.size(), " dimensions, more than ", kMaxTensorDimensions);
    std::int64_t count = 1;
    bool empty = false;
    for (const std::int64_t size : shape) {
        if (size < 0) return corrupt("its shape ", shapeText(shape), " has a negative dimension");
        empty = empty || size == 0;
        if (__builtin_mul_overflow(count, size == 0 ? 1 : size, &count))
            return corrupt("the product of its shape ", shapeText(shape), " overflows");
    }
    return empty ? 0 : count;
}

namespace {

Result<std::uint64_t> elementBytes(DType type, std::uint64_t count,
                                   std::span<const std::int64_t> shape) {
    const StorageBlock block = storageBlock(type);
    std::uint64_t bits = 0;
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(8 * block.bytes / block.values),
                               &bits))
        return corrupt("the size of ", storageTypeName(type), " ", shapeText(shape), " overflows");
    if (bits % 8 != 0)
        return corrupt(count, " values of ", storageTypeName(type), " do not fill whole bytes");
    return bits / 8;
}

Result<std::uint64_t> blockBytes(GgmlType type, std::uint64_t count,
                                 std::span<const std::int64_t> shape) {
    const StorageBlock block = storageBlock(type);
    const std::int64_t row = shape.empty() ? 1 : shape.back();
    if (row % block.values != 0)
        return corrupt("its rows of ", row, " values are not a multiple of the ", block.values,
                       " of a ", storageTypeName(type), " block");
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(count / static_cast<std::uint64_t>(block.values),
                               static_cast<std::uint64_t>(block.bytes), &bytes))
        return corrupt("the size of ", storageTypeName(type), " ", shapeText(shape), " overflows");
    return bytes;
}

}  // namespace

Result<std::uint64_t> storedByteCount(StorageType type, std::span<const std::int64_t> shape) {
    SKD_TRY(const std::int64_t signedCount, countElements(shape));
    const auto count = static_cast<std::uint64_t>(signedCount);
    if (const DType* dtype = std::get_if<DType>(&type)) return elementBytes(*dtype, count, shape);
    return blockBytes(std::get<GgmlType>(type), count, shape);
}

std::string shapeText(std::span<const std::int64_t> shape) {
    return strCat("[", joined(shape), "]");
}

std::string displayName(std::string_view name) {
    constexpr std::size_t kShown = 80;
    std::string text = "\"";
    for (const char c : name.substr(0, kShown)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            text += c;
        } else {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
            text += escape.data();
        }
    }
    return text + (name.size() > kShown ? "...\"" : "\"");
}

Status checkTensorName(std::string_view name, std::size_t limit) {
    if (name.empty()) return corrupt("a tensor has an empty name");
    if (name.size() > limit)
        return corrupt("the tensor name ", displayName(name), " has ", name.size(),
                       " bytes, more than ", limit);
    if (std::any_of(name.begin(), name.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return corrupt("the tensor name ", displayName(name), " contains a control character");
    if (!isValidUtf8(name))
        return corrupt("the tensor name ", displayName(name), " is not valid UTF-8");
    return {};
}

}  // namespace skd
