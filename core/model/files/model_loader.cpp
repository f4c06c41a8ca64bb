#include "model/files/model_loader.h"

#include "base/hash.h"
#include "base/text.h"
#include "formats/safetensors_folder.h"
#include "model/config/gguf_config.h"
#include "model/files/decoder_builder.h"
#include "model/files/decoder_file.h"
#include "model/files/gguf_weights.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

class SafetensorsWeights final : public WeightSource {
public:
    SafetensorsWeights(const SafetensorsFolder& folder, const ModelConfig& config)
        : m_folder(folder), m_config(config) {}

protected:
    [[nodiscard]] const TensorView* find(const std::string& name) const override {
        if (const TensorView* view = m_folder.find(name)) return view;
        if (m_config.family != Family::Gemma3) return nullptr;
        // Wrappers of transformers 4 and 5 with a vision tower beside the language model.
        if (const TensorView* view = m_folder.find("language_model." + name)) return view;
        return name.starts_with("model.") ? m_folder.find("model.language_model." + name.substr(6))
                                          : nullptr;
    }
    [[nodiscard]] const std::vector<TensorView>& all() const override { return m_folder.tensors(); }
    [[nodiscard]] bool isIgnorable(const std::string& name) const override {
        // Old checkpoints carry the rotation's constants; some tied ones carry the head a second
        // time.
        if (name.ends_with("rotary_emb.inv_freq") ||
            (m_config.tiedHead && name.ends_with("lm_head.weight")))
            return true;
        return m_config.family == Family::Gemma3 &&
               (name.find("vision_tower.") != std::string::npos ||
                name.find("multi_modal_projector.") != std::string::npos);
    }

private:
    const SafetensorsFolder& m_folder;
    const ModelConfig& m_config;
};

Result<Json> folderJson(const fs::path& folder) {
    return readJsonFile(folder / "config.json");
}

/// A pruned model that this program has exported with its factors: the weights file describes it.
bool isPruned(const Json& config) {
    return config.is_object() && config.contains("sparsekd");
}
fs::path prunedFile(const fs::path& folder) {
    return folder / "model.safetensors";
}

Result<ModelConfig> folderConfig(const fs::path& folder, const Json& json) {
    return located(parseHuggingFaceConfig(json), (folder / "config.json").string());
}

Result<LoadedModel> loadFolder(const fs::path& path, const LoadOptions& options) {
    SKD_TRY(const Json json, folderJson(path));
    if (isPruned(json)) {
        SKD_TRY(DecoderFile file, readDecoder(prunedFile(path), options));
        return std::move(file.model);
    }
    SKD_TRY(ModelConfig config, folderConfig(path, json));
    SKD_TRY(const SafetensorsFolder folder, SafetensorsFolder::open(path));
    SKD_CHECK(folder.checkUnchanged());
    SafetensorsWeights source(folder, config);
    auto decoder =
        buildDecoder(config, source, options.device, options.heldType(config.weightsDType));
    if (!decoder) return fail(decoder.error().in(path.string()));
    decoder->computeDtype = options.computeDtype;
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
    auto decoder =
        buildDecoder(*config, source, options.device, options.heldType(config->weightsDType));
    if (!decoder) return fail(decoder.error().in(path.string()));
    decoder->computeDtype = options.computeDtype;
    SKD_TRY(std::string digest, sha256File(path));
    return LoadedModel{std::move(*decoder), config->weightsDType, std::move(digest)};
}

}  // namespace

at::ScalarType LoadOptions::heldType(const std::string& stored) const {
    return dtype.value_or(stored == "float32" || stored == "F32" ? at::kFloat : at::kBFloat16);
}

Result<LoadedModel> loadModel(const fs::path& path, const LoadOptions& options) {
    std::error_code ignored;
    return fs::is_directory(path, ignored) ? loadFolder(path, options) : loadGguf(path, options);
}

Result<ModelConfig> readModelConfig(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        SKD_TRY(const Json json, folderJson(path));
        return isPruned(json) ? readDecoderConfig(prunedFile(path)) : folderConfig(path, json);
    }
    SKD_TRY(const GgufFile file, GgufFile::open(path));
    return located(parseGgufConfig(file), path.string());
}

}  // namespace skd
