#include "formats/safetensors_file.h"

#include <utility>

namespace skd {

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    SKD_TRY(MappedFile mapped, MappedFile::open(path));
    SafetensorsFile file(std::move(mapped));
    auto contents = parseSafetensors({file.m_file.data(), file.m_file.size()});
    if (!contents) return fail(contents.error().in(name));
    auto table = TensorTable::build(std::move(contents->tensors));
    if (!table) return fail(table.error().in(name));
    file.m_table = std::move(*table);
    file.m_metadata = std::move(contents->metadata);
    return file;
}

}  // namespace skd
