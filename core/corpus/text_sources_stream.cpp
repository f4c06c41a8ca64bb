#include "corpus/text_sources_stream.h"

#include <algorithm>

#include "base/text.h"

namespace skd {

Result<SourceStream> SourceStream::open(const std::filesystem::path& path) {
    SKD_TRY(MappedFile file, MappedFile::open(path));
    SourceStream stream(std::move(file));
    SKD_TRY(const std::string head,
            stream.m_file.readBytes(0, std::min<std::uint64_t>(2, stream.m_file.size())));
    if (GzipDecoder::recognises(head)) stream.m_gzip.emplace();
    return stream;
}

Result<std::string_view> SourceStream::next() {
    return m_gzip ? nextDecoded() : nextBlock();
}

Result<std::string_view> SourceStream::nextBlock() {
    static constexpr std::uint64_t kBlock = 1u << 20;
    SKD_TRY(m_block, m_file.readBytes(m_position, std::min(kBlock, m_file.size() - m_position)));
    m_position += m_block.size();
    m_hash.update(m_block);
    return std::string_view(m_block);
}

Result<std::string_view> SourceStream::nextDecoded() {
    while (true) {
        if (m_compressed.empty()) {
            SKD_TRY(m_compressed, nextBlock());
            if (m_compressed.empty() && m_gzip->complete()) return std::string_view();
            if (m_compressed.empty())
                return fail(
                    ErrorCode::Corrupt,
                    strCat(m_file.path().filename().string(), ": the gzip data ends too early (",
                           m_file.size(), " bytes); copy the complete file again"));
        }
        auto decoded = m_gzip->decode(m_compressed);
        if (!decoded) return fail(decoded.error().in(m_file.path().filename().string()));
        if (!decoded->empty()) return *decoded;
    }
}

}  // namespace skd
