#include "model/files/model_header.h"

#include "base/files.h"
#include "base/text.h"
#include "formats/gguf_file.h"
#include "formats/safetensors_folder.h"
#include "model/files/decoder_file.h"
#include "model/files/model_loader.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// A value of the YAML block that a model card begins with.
std::string frontMatter(const fs::path& card, const std::string& key) {
    const auto text = readFile(card, 4 << 20);
    if (!text || !text->starts_with("---")) return "";
    const std::vector<std::string_view> lines = splitLines(*text);
    for (std::size_t i = 1; i < lines.size() && lines[i] != "---"; ++i) {
        if (!lines[i].starts_with(key + ":")) continue;
        std::string value(lines[i].substr(key.size() + 1));
        std::erase_if(value, [](unsigned char c) { return c == '"' || c == '\'' || c < ' '; });
        while (value.starts_with(' ')) value.erase(0, 1);
        return value.substr(0, 80);
    }
    return "";
}

std::int64_t fileBytes(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : static_cast<std::int64_t>(size);
}

/// Stored numbers, the masks of a pruned model left out.
std::int64_t elementsOf(const std::vector<TensorView>& tensors) {
    std::int64_t count = 0;
    for (const TensorView& tensor : tensors)
        if (!tensor.name.ends_with(".mask") && !tensor.name.ends_with(".order"))
            count += tensor.elementCount();
    return count;
}

Result<ModelHeader> folderHeader(const fs::path& path) {
    ModelHeader header;
    SKD_TRY(header.config, readModelConfig(path));
    SKD_TRY(const SafetensorsFolder folder, SafetensorsFolder::open(path));
    for (const SafetensorsFile& file : folder.files()) header.bytes += fileBytes(file.path());
    const auto json = readJsonFile(path / "config.json");
    header.pruned = json && json->is_object() && json->contains("sparsekd");
    header.parameters =
        header.pruned ? elementsOf(folder.tensors()) : header.config.parameterCount();
    header.licence = modelLicence(path);
    return header;
}

Result<ModelHeader> runModelHeader(const fs::path& path) {
    ModelHeader header;
    SKD_TRY(header.config, readDecoderConfig(path));
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    header.bytes = fileBytes(path);
    header.parameters = elementsOf(file.tensors());
    header.pruned = true;
    return header;
}

}  // namespace

std::string modelLicence(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return frontMatter(path / "README.md", "license");
    const auto file = GgufFile::open(path);
    if (!file) return "";
    const auto licence = file->metadata().string("general.license", "");
    return licence && isValidUtf8(*licence) ? std::string(licence->substr(0, 80)) : "";
}

Result<ModelHeader> readModelHeader(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return folderHeader(path);
    if (path.extension() == ".safetensors") return runModelHeader(path);
    ModelHeader header;
    SKD_TRY(header.config, readModelConfig(path));
    SKD_TRY(const GgufFile file, GgufFile::open(path));
    for (const fs::path& part : file.files()) header.bytes += fileBytes(part);
    header.parameters = header.config.parameterCount();
    header.licence = modelLicence(path);
    return header;
}

}  // namespace skd
