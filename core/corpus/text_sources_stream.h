#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/hash.h"

namespace skd {

/// The bytes of a regular file from its first to its last, about a megabyte in memory at a time;
/// gzip data (known by its first bytes) is decompressed on the way.
class SourceStream {
public:
    /// Refuses folders, pipes and devices.
    static Result<SourceStream> open(const std::filesystem::path& path);

    /// The next bytes, valid until the next call; empty at the end. Corrupt when the file is cut
    /// short, damaged or a decompression bomb.
    Result<std::string_view> next();
    /// Bytes of the file, as it lies on disk, that have been read.
    [[nodiscard]] std::uint64_t position() const { return m_position; }
    /// Of the whole file as it lies on disk; to be asked once, at the end.
    std::string sha256() { return m_hash.hex(); }

private:
    class GzipDecoder;
    explicit SourceStream(MappedFile file) : m_file(std::move(file)) {}
    Result<std::string_view> nextBlock();
    void sayStray();

    MappedFile m_file;
    std::shared_ptr<GzipDecoder> m_gzip;  ///< null for plain text
    Sha256 m_hash;
    std::uint64_t m_position = 0;
    std::string m_block;
    std::string_view m_compressed;  ///< of the block, not yet decoded
    bool m_straySaid = false;
};

/// The lines of a stream, one in memory at a time.
class LineReader {
public:
    /// A longer line is an error: no document is that long, and memory stays bounded.
    static constexpr std::size_t kLongest = 64u << 20;

    explicit LineReader(SourceStream& stream) : m_stream(stream) {}

    /// Goes to the next line; false after the last. InvalidInput for one longer than kLongest.
    Result<bool> next();
    /// Without its "\n"; valid until next().
    [[nodiscard]] std::string_view line() const { return m_line; }
    /// Of the line, from 1.
    [[nodiscard]] std::int64_t number() const { return m_number; }

private:
    SourceStream& m_stream;
    std::string_view m_rest;  ///< of the stream's block
    std::string m_carry;      ///< beginning of a line that goes over blocks
    std::string_view m_line;
    std::int64_t m_number = 0;
};

}  // namespace skd
