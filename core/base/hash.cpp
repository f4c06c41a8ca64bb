#include "base/hash.h"

#include <openssl/evp.h>
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>  // the same digests, with the processor's widest instructions
#else
#include <xxhash.h>
#endif

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdio>
#include <new>

#include "base/files.h"

namespace skd {
namespace {

/// In the order in which xxHash prints it: the high half first.
std::string hexDigits(const XXH128_hash_t& hash) {
    std::array<char, kXxh3Digits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx%016llx",
                  static_cast<unsigned long long>(hash.high64),
                  static_cast<unsigned long long>(hash.low64));
    return digits.data();
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

Sha256::Sha256() : m_context(EVP_MD_CTX_new()) {
    [[maybe_unused]] const int ok = EVP_DigestInit_ex(m_context.get(), EVP_sha256(), nullptr);
    assert(ok == 1);
}

Sha256& Sha256::update(const void* data, std::size_t size) {
    EVP_DigestUpdate(m_context.get(), data, size);
    return *this;
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(m_context.get(), digest.data(), &length);
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(2 * length);
    for (unsigned int i = 0; i < length; ++i) {
        out += kDigits[digest[i] >> 4];
        out += kDigits[digest[i] & 15];
    }
    return out;
}

std::string sha256Hex(std::string_view bytes) {
    return Sha256().update(bytes).hex();
}

Result<std::string> sha256File(const std::filesystem::path& path) {
    static constexpr std::uint64_t kBlock = 1u << 20;
    SKD_TRY(const MappedFile file, MappedFile::open(path));
    Sha256 hash;
    for (std::uint64_t offset = 0; offset < file.size(); offset += kBlock) {
        SKD_TRY(const std::string block,
                file.readBytes(offset, std::min(kBlock, file.size() - offset)));
        hash.update(block);
    }
    return hash.hex();
}

std::uint64_t xxh3(const void* data, std::size_t size) {
    return XXH3_64bits(data, size);
}

std::string xxh3Hex(std::string_view bytes) {
    return hexDigits(XXH3_128bits(bytes.data(), bytes.size()));
}

void Xxh3::Free::operator()(XXH3_state_s* state) const {
    XXH3_freeState(state);
}

Xxh3::Xxh3() : m_state(XXH3_createState()) {
    if (m_state == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(m_state.get());
}

Xxh3& Xxh3::update(const void* data, std::size_t size) {
    XXH3_128bits_update(m_state.get(), data, size);
    return *this;
}

std::string Xxh3::hex() const {
    return hexDigits(XXH3_128bits_digest(m_state.get()));
}

}  // namespace skd
