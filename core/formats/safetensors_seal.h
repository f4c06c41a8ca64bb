#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "formats/safetensors_file.h"

/// How our own safetensors files prove themselves: two entries of the metadata. "sparsekd.sealed"
/// is the version of the seal, "sparsekd.xxh3" 64 digits: XXH3-128 of the length field and the
/// header, zeros in the place of these digits, then the digest of the data: XXH3-128 of the
/// XXH3-128 (32 digits) of each tensor, in stored order. So tensors are hashed as they are copied,
/// in any order, and a header is proven without its data.
namespace skd {

constexpr std::size_t kSealDigits = 2 * kXxh3Digits;

/// `metadata` with a seal that is still to be filled in.
SafetensorsMetadata withRoomForSeal(SafetensorsMetadata metadata);
/// The seal for `head`, the length field and header that have room for it, and where it goes.
struct SafetensorsSeal {
    std::size_t place = 0;
    std::string digits;
};
SafetensorsSeal sealFor(std::string head, std::string_view dataDigest);

/// Takes the seal out of the metadata of a file that begins with `head`, and returns the digest of
/// its data; nothing for a file without a seal. Corrupt where the header was changed, Newer for a
/// seal of a later version.
Result<std::optional<std::string>> takeSeal(std::string_view head, SafetensorsMetadata& metadata);

/// The digest of data from those of its tensors in stored order.
std::string dataDigest(const std::vector<std::string>& tensorDigests);

/// Copies tensors out of a file by reading, so that one that is cut meanwhile is an error, and
/// proves what it has copied.
class TensorCopier {
public:
    explicit TensorCopier(const SafetensorsFile& file)
        : m_file(file), m_digests(file.tensors().size()) {}

    /// The bytes of one of the file's tensors, to `out`.
    Status copy(const TensorView& view, void* out);
    /// Corrupt unless all tensors of a sealed file were copied as they were sealed.
    [[nodiscard]] Status finish() const;

private:
    const SafetensorsFile& m_file;
    std::vector<std::string> m_digests;
};

}  // namespace skd
