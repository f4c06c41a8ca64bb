#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace skd {

/// Decompresses gzip data piece by piece: several members one after another (as `cat a.gz b.gz`
/// makes them) are one text; checksums and lengths are verified.
class GzipDecoder {
public:
    /// Data that has grown beyond this many times its compressed size (and kFreeBytes) is refused:
    /// text shrinks 3 to 20 times, a decompression bomb 1,000 times.
    static constexpr std::uint64_t kMaximumRatio = 200;
    static constexpr std::uint64_t kFreeBytes = 64ull << 20;

    GzipDecoder();
    ~GzipDecoder();
    GzipDecoder(GzipDecoder&&) noexcept;
    GzipDecoder& operator=(GzipDecoder&&) noexcept;

    /// True for the first bytes of a gzip file.
    static bool recognises(std::string_view head);

    /// Decodes from the front of `input`, which loses what was used; the bytes returned stay valid
    /// until the next call. Corrupt: damaged data, or data that expands too far.
    Result<std::string_view> decode(std::string_view& input);
    /// True between members: nothing is missing if the data ends here.
    [[nodiscard]] bool complete() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace skd
