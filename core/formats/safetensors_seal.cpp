#include "formats/safetensors_seal.h"

#include <algorithm>

#include "base/hash.h"
#include "formats/refusals.h"

namespace skd {
namespace {

constexpr std::string_view kSealVersionKey = "sparsekd.sealed", kSealKey = "sparsekd.xxh3";
constexpr std::string_view kSealVersion = "1";
/// Bytes that are read and hashed at a time: they stay in the processor's cache.
constexpr std::uint64_t kCopyBlock = 1u << 18;

/// Where the digits of a seal lie in a header. Inside of JSON's strings quotes are escaped, so that
/// nothing else reads like this.
std::size_t sealPlace(std::string_view head) {
    const std::string key = strCat('"', kSealKey, "\":\"");
    const std::size_t found = head.find(key);
    return found == std::string_view::npos ? found : found + key.size();
}

std::string headDigest(std::string head, std::size_t place) {
    std::fill_n(head.begin() + static_cast<std::ptrdiff_t>(place), kSealDigits, '0');
    return xxh3Hex(head);
}

}  // namespace

SafetensorsMetadata withRoomForSeal(SafetensorsMetadata metadata) {
    metadata.insert_or_assign(std::string(kSealVersionKey), std::string(kSealVersion));
    metadata.insert_or_assign(std::string(kSealKey), std::string(kSealDigits, '0'));
    return metadata;
}

SafetensorsSeal sealFor(std::string head, std::string_view dataDigest) {
    const std::size_t place = sealPlace(head);
    return {place, headDigest(std::move(head), place) + std::string(dataDigest)};
}

Result<std::optional<std::string>> takeSeal(std::string_view head, SafetensorsMetadata& metadata) {
    const auto version = metadata.extract(std::string(kSealVersionKey)),
               seal = metadata.extract(std::string(kSealKey));
    if (version.empty() && seal.empty()) return std::optional<std::string>();
    if (!version.empty() && version.mapped() != kSealVersion)
        return fail(ErrorCode::Newer, "its seal is of another version of the program");
    const std::size_t place = sealPlace(head);
    const bool isWhole = !version.empty() && !seal.empty() && seal.mapped().size() == kSealDigits &&
                         place < head.size() && head.substr(place, kSealDigits) == seal.mapped();
    if (!isWhole || headDigest(std::string(head), place) != seal.mapped().substr(0, kXxh3Digits))
        return corrupt("its header was changed after it was written");
    return std::optional(seal.mapped().substr(kXxh3Digits));
}

std::string dataDigest(const std::vector<std::string>& tensorDigests) {
    Xxh3 hash;
    for (const std::string& digest : tensorDigests) hash.update(digest.data(), digest.size());
    return hash.hex();
}

Status TensorCopier::copy(const TensorView& view, void* out) {
    auto* next = static_cast<std::byte*>(out);
    const bool isSealed = m_file.dataDigest().has_value();
    Xxh3 hash;
    for (std::uint64_t done = 0; done < view.bytes.size();) {
        const std::uint64_t size = std::min<std::uint64_t>(kCopyBlock, view.bytes.size() - done);
        SKD_CHECK(view.copyBytes(done, {next, size}));
        if (isSealed) hash.update(next, size);
        done += size;
        next += size;
    }
    m_digests[static_cast<std::size_t>(&view - m_file.tensors().data())] = hash.hex();
    return {};
}

Status TensorCopier::finish() const {
    if (!m_file.dataDigest() || dataDigest(m_digests) == *m_file.dataDigest()) return {};
    return corrupt(m_file.path().string(),
                   " was changed after it was written: its weights are not "
                   "those of its XXH3-128. Restore it from a copy, or make "
                   "it again with the run that it belongs to");
}

}  // namespace skd
