#include "corpus/text_sources_stream.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace skd {

/// Decompresses gzip data piece by piece: several members one after another (as `cat a.gz b.gz`
/// makes them) are one text; checksums and lengths are verified.
class SourceStream::GzipDecoder {
public:
    /// Data that has grown beyond this many times its compressed size (and kFreeBytes) is refused:
    /// text shrinks 3 to 20 times, a decompression bomb 1,000 times.
    static constexpr std::uint64_t kMaximumRatio = 200;
    static constexpr std::uint64_t kFreeBytes = 64ull << 20;

    GzipDecoder() {
        constexpr int kGzipOnly = 16 + MAX_WBITS;
        if (inflateInit2(&m_stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
    }
    ~GzipDecoder() { inflateEnd(&m_stream); }
    GzipDecoder(const GzipDecoder&) = delete;
    GzipDecoder& operator=(const GzipDecoder&) = delete;

    /// True between members: nothing is missing if the data ends here.
    [[nodiscard]] bool complete() const { return m_betweenMembers; }

    /// Decodes from the front of `input`, which loses what was used; the bytes returned stay valid
    /// until the next call. Corrupt: damaged data, or data that expands too far.
    Result<std::string_view> decode(std::string_view& input) {
        if (m_tail || (m_betweenMembers && m_taken > 0 && !beginsMember(input)))
            return passTail(input);
        if (m_betweenMembers && !input.empty()) inflateReset(&m_stream);
        m_stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
        m_stream.avail_in = static_cast<uInt>(input.size());
        m_stream.next_out = reinterpret_cast<Bytef*>(m_output.data());
        m_stream.avail_out = static_cast<uInt>(m_output.size());
        const int code = inflate(&m_stream, Z_NO_FLUSH);
        m_taken += input.size() - m_stream.avail_in;
        input.remove_prefix(input.size() - m_stream.avail_in);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return fail(ErrorCode::Corrupt,
                        strCat("damaged gzip data near byte ", m_taken, " (",
                               m_stream.msg != nullptr ? m_stream.msg : "wrong checksum",
                               "); copy the complete file again"));
        m_betweenMembers = code == Z_STREAM_END;
        const std::size_t size = m_output.size() - m_stream.avail_out;
        m_made += size;
        if (m_made > kFreeBytes && m_made / kMaximumRatio > m_taken)
            return fail(ErrorCode::Corrupt,
                        strCat("expands more than ", kMaximumRatio,
                               "-fold, as no text does; decompress it yourself if it is meant to"));
        return std::string_view(m_output.data(), size);
    }

    /// Bytes behind the last member that are not the zeros with which archivers fill a block.
    [[nodiscard]] std::uint64_t strayBytes() const { return m_stray; }

private:
    /// As gunzip judges what follows a member.
    static bool beginsMember(std::string_view input) {
        return input.empty() || input.front() == '\x1f';
    }
    std::string_view passTail(std::string_view& input) {
        m_tail = true;
        m_stray +=
            input.size() - static_cast<std::size_t>(std::count(input.begin(), input.end(), '\0'));
        input = {};
        return {};
    }

    z_stream m_stream{};
    std::array<char, 256 * 1024> m_output{};
    std::uint64_t m_taken = 0;
    std::uint64_t m_made = 0;
    std::uint64_t m_stray = 0;
    bool m_betweenMembers = true, m_tail = false;
};

Result<SourceStream> SourceStream::open(const std::filesystem::path& path) {
    SKD_TRY(MappedFile file, MappedFile::open(path));
    SourceStream stream(std::move(file));
    SKD_TRY(const std::string head,
            stream.m_file.readBytes(0, std::min<std::uint64_t>(2, stream.m_file.size())));
    if (head == "\x1f\x8b") stream.m_gzip = std::make_shared<GzipDecoder>();
    return stream;
}

Result<std::string_view> SourceStream::nextBlock() {
    static constexpr std::uint64_t kBlock = 1u << 20;
    SKD_TRY(m_block, m_file.readBytes(m_position, std::min(kBlock, m_file.size() - m_position)));
    m_position += m_block.size();
    m_hash.update(m_block);
    return std::string_view(m_block);
}

void SourceStream::sayStray() {
    if (m_gzip->strayBytes() > 0 && !std::exchange(m_straySaid, true))
        log::warning(strCat(m_file.path().filename().string(), ": ", m_gzip->strayBytes(),
                            " bytes behind the compressed data are ignored, as gunzip does; if "
                            "text is missing, copy the complete file again"));
}

Result<std::string_view> SourceStream::next() {
    if (!m_gzip) return nextBlock();
    while (true) {
        const std::string name = m_file.path().filename().string();
        if (m_compressed.empty()) {
            SKD_TRY(m_compressed, nextBlock());
            if (m_compressed.empty() && m_gzip->complete()) {
                sayStray();
                return std::string_view();
            }
            if (m_compressed.empty())
                return fail(ErrorCode::Corrupt,
                            strCat(name, ": the gzip data ends too early (", m_file.size(),
                                   " bytes); copy the complete file again"));
        }
        SKD_TRY(const std::string_view decoded, located(m_gzip->decode(m_compressed), name));
        if (!decoded.empty()) return decoded;
    }
}

Result<bool> LineReader::next() {
    m_carry.clear();
    ++m_number;
    while (true) {
        if (m_rest.empty()) {
            SKD_TRY(m_rest, m_stream.next());
            if (m_rest.empty()) {
                m_line = m_carry;
                return !m_carry.empty();
            }
        }
        const std::size_t end = m_rest.find('\n');
        const std::string_view part = m_rest.substr(0, end);
        if (m_carry.size() + part.size() > kLongest)
            return fail(ErrorCode::InvalidInput,
                        strCat("line ", m_number, " is longer than ",
                               formatBytes(static_cast<double>(kLongest)),
                               "; is this the format that the share names?"));
        if (end != std::string_view::npos && m_carry.empty()) {
            m_line = part;
        } else {
            m_carry += part;
            m_line = m_carry;
        }
        m_rest.remove_prefix(end == std::string_view::npos ? m_rest.size() : end + 1);
        if (end != std::string_view::npos) return true;
    }
}

}  // namespace skd
