#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/files.h"
#include "base/hash.h"
#include "base/result.h"

namespace skd {

/// Writes one share of a corpus folder: {"text": ...} a line, through a buffer.
class ShareWriter {
public:
    static Result<ShareWriter> create(const std::filesystem::path& path);

    Status add(const std::string& text);
    Status commit();

    [[nodiscard]] std::uint64_t bytes() const { return m_bytes; }
    /// Of the file; to be asked once, after commit().
    std::string sha256() { return m_hash.hex(); }

private:
    explicit ShareWriter(AtomicFile file) : m_file(std::move(file)) {}
    Status flush();

    AtomicFile m_file;
    Sha256 m_hash;
    std::string m_buffer;
    std::uint64_t m_bytes = 0;
};

}  // namespace skd
