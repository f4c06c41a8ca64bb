#include "formats/gguf_file.h"

#include <utility>

namespace skd {

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    SKD_TRY(MappedFile mapped, MappedFile::open(path));
    GgufFile file(std::move(mapped));
    auto contents = parseGguf({file.m_file.data(), file.m_file.size()});
    if (!contents) return fail(contents.error().in(name));
    auto table = TensorTable::build(std::move(contents->tensors));
    if (!table) return fail(table.error().in(name));
    file.m_table = std::move(*table);
    file.m_metadata = std::move(contents->metadata);
    file.m_version = contents->version;
    return file;
}

Result<std::string_view> GgufFile::architecture() const {
    return m_metadata.string("general.architecture");
}

}  // namespace skd
