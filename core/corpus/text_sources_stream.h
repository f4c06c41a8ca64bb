#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/hash.h"
#include "base/result.h"
#include "corpus/text_sources_gzip.h"

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
    explicit SourceStream(MappedFile file) : m_file(std::move(file)) {}
    Result<std::string_view> nextBlock();
    Result<std::string_view> nextDecoded();

    MappedFile m_file;
    std::optional<GzipDecoder> m_gzip;
    Sha256 m_hash;
    std::uint64_t m_position = 0;
    std::string m_block;
    std::string_view m_compressed;  ///< of the block, not yet decoded
};

}  // namespace skd
