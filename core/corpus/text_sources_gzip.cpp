#include "corpus/text_sources_gzip.h"

#include <zlib.h>

#include <array>
#include <new>

#include "base/text.h"

namespace skd {

struct GzipDecoder::State {
    z_stream stream{};
    std::array<char, 256 * 1024> output{};
    std::uint64_t taken = 0;
    std::uint64_t made = 0;
    bool betweenMembers = true;

    State() {
        constexpr int kGzipOnly = 16 + MAX_WBITS;
        if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
    }
    ~State() { inflateEnd(&stream); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

GzipDecoder::GzipDecoder() : m_state(std::make_unique<State>()) {}
GzipDecoder::~GzipDecoder() = default;
GzipDecoder::GzipDecoder(GzipDecoder&&) noexcept = default;
GzipDecoder& GzipDecoder::operator=(GzipDecoder&&) noexcept = default;

bool GzipDecoder::recognises(std::string_view head) {
    return head.starts_with("\x1f\x8b");
}

bool GzipDecoder::complete() const {
    return m_state->betweenMembers;
}

Result<std::string_view> GzipDecoder::decode(std::string_view& input) {
    State& s = *m_state;
    if (s.betweenMembers && !input.empty()) inflateReset(&s.stream);
    s.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    s.stream.avail_in = static_cast<uInt>(input.size());
    s.stream.next_out = reinterpret_cast<Bytef*>(s.output.data());
    s.stream.avail_out = static_cast<uInt>(s.output.size());
    const int code = inflate(&s.stream, Z_NO_FLUSH);
    s.taken += input.size() - s.stream.avail_in;
    input.remove_prefix(input.size() - s.stream.avail_in);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return fail(ErrorCode::Corrupt,
                    strCat("damaged gzip data near byte ", s.taken, " (",
                           s.stream.msg != nullptr ? s.stream.msg : "wrong checksum",
                           "); copy the complete file again"));
    s.betweenMembers = code == Z_STREAM_END;
    const std::size_t size = s.output.size() - s.stream.avail_out;
    s.made += size;
    if (s.made > kFreeBytes && s.made / kMaximumRatio > s.taken)
        return fail(ErrorCode::Corrupt,
                    strCat("expands more than ", kMaximumRatio,
                           "-fold, as no text does; decompress it yourself if it is meant to"));
    return std::string_view(s.output.data(), size);
}

}  // namespace skd
