#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_md_ctx_st;  // OpenSSL's
struct XXH3_state_s;   // xxHash's

namespace skd {

/// Incremental SHA-256.
class Sha256 {
public:
    Sha256();

    Sha256& update(const void* data, std::size_t size);
    Sha256& update(std::string_view bytes) { return update(bytes.data(), bytes.size()); }
    /// Lower-case hexadecimal digest; the object must not be used afterwards.
    std::string hex();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> m_context;
};

std::string sha256Hex(std::string_view bytes);
Result<std::string> sha256File(const std::filesystem::path& path);

/// XXH3, 64 bit: integrity of our own blocks, not an identity.
std::uint64_t xxh3(const void* data, std::size_t size);

/// Digits of an XXH3-128 in text.
constexpr std::size_t kXxh3Digits = 32;
/// XXH3, 128 bit, as lower-case hexadecimal digits: integrity of our own files.
std::string xxh3Hex(std::string_view bytes);

/// The same over bytes that come in parts.
class Xxh3 {
public:
    Xxh3();

    Xxh3& update(const void* data, std::size_t size);
    [[nodiscard]] std::string hex() const;

private:
    struct Free {
        void operator()(XXH3_state_s* state) const;
    };
    std::unique_ptr<XXH3_state_s, Free> m_state;
};

}  // namespace skd
