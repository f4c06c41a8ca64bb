#include "corpus/corpus_share_writer.h"

#include "base/json.h"

namespace skd {
namespace {

constexpr std::size_t kBuffer = 1u << 20;

}  // namespace

Result<ShareWriter> ShareWriter::create(const std::filesystem::path& path) {
    SKD_TRY(AtomicFile file, AtomicFile::create(path));
    return ShareWriter(std::move(file));
}

Status ShareWriter::add(const std::string& text) {
    m_buffer += "{\"text\":";
    m_buffer += dumpJson(Json(text));
    m_buffer += "}\n";
    return m_buffer.size() >= kBuffer ? flush() : Status();
}

Status ShareWriter::flush() {
    m_hash.update(m_buffer);
    m_bytes += m_buffer.size();
    SKD_CHECK(m_file.write(m_buffer));
    m_buffer.clear();
    return {};
}

Status ShareWriter::commit() {
    SKD_CHECK(flush());
    return m_file.commit();
}

}  // namespace skd
