#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "formats/storage_type.h"

namespace skd {

/// Most dimensions a tensor may have in a file we read or write.
constexpr std::size_t kMaxTensorDimensions = 8;

/// A tensor inside a mapped file, which lives as long as it does.
struct TensorView {
    std::string name;
    StorageType type = DType::F32;
    /// Row-major, PyTorch order: the last dimension is contiguous. Empty = a scalar.
    std::vector<std::int64_t> shape;
    /// Little-endian values or blocks; not necessarily aligned for its type.
    std::span<const std::byte> bytes;
    std::shared_ptr<const MappedFile> file = nullptr;  ///< null for bytes that are in memory

    /// Product of the shape (1 for a scalar).
    [[nodiscard]] std::int64_t elementCount() const;
    /// Copies `bytes` from `begin` on, of a file by reading: an error, not SIGBUS, where it was cut
    /// meanwhile.
    [[nodiscard]] Status copyBytes(std::uint64_t begin, std::span<std::byte> out) const;
};

/// What belongs to a file that was parsed through its map knows it from here on.
void setFile(std::vector<TensorView>& tensors, const std::shared_ptr<const MappedFile>& file);

/// The tensors of one or several files, in stored order, found by name in O(log n).
class TensorTable {
public:
    /// Refuses a name that occurs twice.
    static Result<TensorTable> build(std::vector<TensorView> tensors);

    [[nodiscard]] const std::vector<TensorView>& tensors() const { return m_tensors; }
    /// Null when there is no tensor of that name.
    [[nodiscard]] const TensorView* find(std::string_view name) const;

private:
    std::vector<TensorView> m_tensors;
    std::vector<std::uint32_t> m_byName;
};

/// A tensor to write. Its bytes are at hand in `bytes`, or `produce` is called when its turn comes
/// and what it returns must stay valid until the next call of any `produce`.
struct TensorOut {
    std::string name;
    StorageType type = DType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;
    std::function<Result<std::span<const std::byte>>()> produce = nullptr;
};

/// The bytes of a tensor to write; an error when their count is not `expected`.
Result<std::span<const std::byte>> bytesToWrite(const TensorOut& tensor, std::uint64_t expected);

/// Product of `shape`; an error for a negative dimension, for more than kMaxTensorDimensions, and
/// when the product passes 2^63, even where a zero follows (its strides would overflow).
Result<std::int64_t> countElements(std::span<const std::int64_t> shape);

/// Bytes that a tensor of this type and shape takes; an error when the product overflows or its
/// values do not fill whole bytes or blocks (ggml blocks run along the last dimension).
Result<std::uint64_t> storedByteCount(StorageType type, std::span<const std::int64_t> shape);

/// "[576, 1536]".
std::string shapeText(std::span<const std::int64_t> shape);

/// The first name that two of `all` have; `nameOf` gives the name of one.
template <class All, class NameOf>
std::optional<std::string_view> nameGivenTwice(const All& all, NameOf nameOf) {
    std::unordered_set<std::string_view> names;
    for (const auto& each : all)
        if (!names.insert(std::invoke(nameOf, each)).second) return std::invoke(nameOf, each);
    return std::nullopt;
}

/// `name` as a message may show it: in quotes, control characters escaped, at most 80 bytes of it.
std::string displayName(std::string_view name);

/// Refuses what no tensor is called: an empty name, more than `limit` bytes, control characters,
/// bytes that are not UTF-8.
Status checkTensorName(std::string_view name, std::size_t limit);

}  // namespace skd
