#include "model/model_loader.h"

#include "base/hash.h"
#include "base/text.h"
#include "model/decoder_builder.h"
#include "model/gguf_config.h"
#include "model/gguf_weights.h"
#include "model/safetensors_folder.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

class SafetensorsWeights final : public WeightSource {
public:
    SafetensorsWeights(const SafetensorsFolder& folder, const ModelConfig& config) : m_folder(folder), m_tied(config.tiedHead) {}

protected:
    [[nodiscard]] const TensorView* find(const std::string& name) const override { return m_folder.find(name); }
    [[nodiscard]] const std::vector<TensorView>& all() const override { return m_folder.tensors(); }
    [[nodiscard]] bool isIgnorable(const std::string& name) const override {
        // Old checkpoints carry the rotation's constants; some tied ones carry the head a second time.
        return name.ends_with("rotary_emb.inv_freq") || (m_tied && name == "lm_head.weight");
    }

private:
    const SafetensorsFolder& m_folder;
    bool m_tied;
};

Result<ModelConfig> folderConfig(const fs::path& folder) {
    SKD_TRY(const std::string text, readFile(folder / "config.json", 16 << 20));
    auto json = parseJson(text);
    if (!json) return fail(json.error().in((folder / "config.json").string()));
    auto config = parseHuggingFaceConfig(*json);
    if (!config) return fail(config.error().in((folder / "config.json").string()));
    return config;
}

Result<LoadedModel> loadFolder(const fs::path& path, const LoadOptions& options) {
    SKD_TRY(ModelConfig config, folderConfig(path));
    SKD_TRY(const SafetensorsFolder folder, SafetensorsFolder::open(path));
    SKD_CHECK(folder.checkUnchanged());
    SafetensorsWeights source(folder, config);
    auto decoder = buildDecoder(config, source, options.device, options.dtype);
    if (!decoder) return fail(decoder.error().in(path.string()));
    Sha256 hash;
    for (const SafetensorsFile& file : folder.files()) {
        SKD_TRY(const std::string digest, sha256File(file.path()));
        hash.update(digest);
    }
    return LoadedModel{std::move(*decoder), config.weightsDType, hash.hex()};
}

Result<LoadedModel> loadGguf(const fs::path& path, const LoadOptions& options) {
    SKD_TRY(const GgufFile file, GgufFile::open(path));
    auto config = parseGgufConfig(file);
    if (!config) return fail(config.error().in(path.string()));
    SKD_CHECK(file.checkUnchanged());
    GgufWeights source(file, *config);
    auto decoder = buildDecoder(*config, source, options.device, options.dtype);
    if (!decoder) return fail(decoder.error().in(path.string()));
    SKD_TRY(std::string digest, sha256File(path));
    return LoadedModel{std::move(*decoder), config->weightsDType, std::move(digest)};
}

}  // namespace

Result<LoadedModel> loadModel(const fs::path& path, const LoadOptions& options) {
    std::error_code ignored;
    return fs::is_directory(path, ignored) ? loadFolder(path, options) : loadGguf(path, options);
}

Result<ModelConfig> readModelConfig(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return folderConfig(path);
    SKD_TRY(const GgufFile file, GgufFile::open(path));
    auto config = parseGgufConfig(file);
    if (!config) return fail(config.error().in(path.string()));
    return config;
}

}  // namespace skd
