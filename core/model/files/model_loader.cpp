#include "model/files/model_loader.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "formats/safetensors_folder.h"
#include "model/config/config_warnings.h"
#include "model/files/decoder_file.h"
#include "model/files/weight_source.h"

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
        // What was saved as a base model, without a head, has its names without "model.".
        if (name.starts_with("model."))
            if (const TensorView* view = m_folder.find(name.substr(6))) return view;
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

/// Reads the parts of one decoder; remembers the first error so that the walk stays readable.
class Builder {
public:
    Builder(const ModelConfig& config, WeightSource& source, const LoadOptions& options)
        : m_config(config), m_source(source), m_options(options) {}

    Result<Decoder> build() {
        Decoder decoder(m_config);
        decoder.computeDtype = m_options.computeDtype;
        decoder.embedding =
            tensor({"model.embed_tokens.weight", {m_config.vocabularySize, m_config.hiddenSize}});
        for (std::size_t i = 0; i < m_config.layers.size() && m_status; ++i)
            decoder.layers.push_back(layer(i));
        decoder.finalNorm = tensor({"model.norm.weight", {m_config.hiddenSize}});
        addHead(decoder);
        if (!m_status) return fail(m_status.error());
        SKD_CHECK(m_source.checkAllUsed());
        return decoder;
    }

private:
    /// As transformers 5: a stored head that differs from the embedding counts, whatever
    /// tie_word_embeddings says.
    void addHead(Decoder& decoder) {
        decoder.head = decoder.embedding;
        if (m_config.tiedHead && !m_source.has("lm_head.weight")) return;
        at::Tensor head =
            tensor({"lm_head.weight", {m_config.vocabularySize, m_config.hiddenSize}});
        if (!m_status || (m_config.tiedHead && at::equal(head, decoder.embedding))) return;
        if (m_config.tiedHead)
            log::warning(
                "tie_word_embeddings is true, but lm_head.weight is stored and differs from the "
                "embedding; the stored head is used, as transformers does");
        decoder.head = std::move(head);
        decoder.config.tiedHead = false;
    }

    at::Tensor tensor(const WeightSource::Slice& slice) {
        if (!m_status) return {};
        auto read = m_source.read(slice);
        if (!read) {
            m_status = fail(read.error());
            return {};
        }
        return read->to(m_options.device, m_options.heldType(m_config.weightsDType)).contiguous();
    }

    /// One matrix that may be stored as rows [firstRow, ..) of a fused one.
    Linear linear(const std::string& name, const WeightSource::Slice& weight, bool bias) {
        at::Tensor biasTensor;
        if (bias) biasTensor = tensor({name + ".bias", {weight.shape[0]}});
        return Linear(name, DenseWeight{tensor(weight)}, std::move(biasTensor));
    }

    Attention attention(const std::string& prefix) {
        const std::int64_t hidden = m_config.hiddenSize, q = m_config.heads * m_config.headDim,
                           kv = m_config.keyValueHeads * m_config.headDim;
        const std::string fused = prefix + "qkv_proj.weight";
        auto slice = [&](const char* name, std::int64_t rows, std::int64_t first) {
            return m_fused ? WeightSource::Slice{fused, {rows, hidden}, first, q + 2 * kv}
                           : WeightSource::Slice{prefix + name + ".weight", {rows, hidden}};
        };
        Attention attention;
        attention.query = linear(prefix + "q_proj", slice("q_proj", q, 0), m_config.qkvBias);
        attention.key = linear(prefix + "k_proj", slice("k_proj", kv, q), m_config.qkvBias);
        attention.value = linear(prefix + "v_proj", slice("v_proj", kv, q + kv), m_config.qkvBias);
        attention.output =
            linear(prefix + "o_proj", {prefix + "o_proj.weight", {hidden, q}}, m_config.outputBias);
        if (traits(m_config.family).queryKeyNorm) {
            attention.queryNorm = tensor({prefix + "q_norm.weight", {m_config.headDim}});
            attention.keyNorm = tensor({prefix + "k_norm.weight", {m_config.headDim}});
        }
        return attention;
    }

    Mlp mlp(const std::string& prefix, std::int64_t ffn) {
        const std::int64_t hidden = m_config.hiddenSize;
        const std::string fused = prefix + "gate_up_proj.weight";
        auto slice = [&](const char* name, std::int64_t first) {
            return m_fused ? WeightSource::Slice{fused, {ffn, hidden}, first, 2 * ffn}
                           : WeightSource::Slice{prefix + name + ".weight", {ffn, hidden}};
        };
        Mlp mlp;
        mlp.gate = linear(prefix + "gate_proj", slice("gate_proj", 0), m_config.mlpBias);
        mlp.up = linear(prefix + "up_proj", slice("up_proj", ffn), m_config.mlpBias);
        mlp.down = linear(prefix + "down_proj", {prefix + "down_proj.weight", {hidden, ffn}},
                          m_config.mlpBias);
        return mlp;
    }

    DecoderLayer layer(std::size_t index) {
        const std::string prefix = strCat("model.layers.", index, ".");
        DecoderLayer layer;
        layer.config = m_config.layers[index];
        layer.inputNorm = tensor({prefix + "input_layernorm.weight", {m_config.hiddenSize}});
        layer.attention = attention(prefix + "self_attn.");
        layer.postAttentionNorm =
            tensor({prefix + mlpNormName(m_config.family) + ".weight", {m_config.hiddenSize}});
        if (traits(m_config.family).outputNorms) {
            layer.attentionOutputNorm =
                tensor({prefix + "post_attention_layernorm.weight", {m_config.hiddenSize}});
            layer.mlpOutputNorm =
                tensor({prefix + "post_feedforward_layernorm.weight", {m_config.hiddenSize}});
        }
        layer.mlp = mlp(prefix + "mlp.", layer.config.intermediateSize);
        return layer;
    }

    const ModelConfig& m_config;
    WeightSource& m_source;
    const LoadOptions& m_options;
    bool m_fused = traits(m_config.family).fusedTensors;
    Status m_status;
};

/// A pruned model that this program has exported with its factors: the weights file describes it.
bool isPruned(const Json& config) {
    return config.is_object() && config.contains("sparsekd");
}

Result<ModelConfig> folderConfig(const fs::path& folder, const Json& json) {
    return located(parseHuggingFaceConfig(json), (folder / "config.json").string());
}

void logWarnings(const fs::path& path, const std::vector<std::string>& warnings) {
    for (const std::string& warning : warnings) log::warning(strCat(path.string(), ": ", warning));
}

Result<std::string> digestOfDigests(const std::vector<fs::path>& files) {
    Sha256 hash;
    for (const fs::path& file : files) {
        SKD_TRY(const std::string digest, sha256File(file));
        hash.update(digest);
    }
    return hash.hex();
}

Result<LoadedModel> loadFolder(const fs::path& path, const LoadOptions& options) {
    SKD_TRY(const Json json, readJsonFile(path / "config.json"));
    if (isPruned(json)) {
        SKD_TRY(DecoderFile file, readDecoder(path / "model.safetensors", options));
        return std::move(file.model);
    }
    SKD_TRY(const ModelConfig config, folderConfig(path, json));
    SKD_TRY(const SafetensorsFolder folder, SafetensorsFolder::open(path));
    SKD_CHECK(folder.checkUnchanged());
    logWarnings(path / "config.json", configWarnings(json, config));
    SafetensorsWeights source(folder, config);
    SKD_TRY(Decoder decoder, located(Builder(config, source, options).build(), path.string()));
    std::vector<fs::path> files;
    for (const SafetensorsFile& file : folder.files()) files.push_back(file.path());
    SKD_TRY(std::string digest, digestOfDigests(files));
    return LoadedModel{std::move(decoder), config.weightsDType, std::move(digest)};
}

Result<LoadedModel> loadGguf(const fs::path& path, const LoadOptions& options) {
    SKD_TRY(const GgufFile file, GgufFile::open(path));
    SKD_TRY(const ModelConfig config, located(parseGgufConfig(file), path.string()));
    SKD_CHECK(file.checkUnchanged());
    logWarnings(path, configWarnings(file, config));
    GgufWeights source(file, config);
    SKD_TRY(Decoder decoder, located(Builder(config, source, options).build(), path.string()));
    const std::vector<fs::path> files = file.files();
    SKD_TRY(std::string digest, files.size() == 1 ? sha256File(path) : digestOfDigests(files));
    return LoadedModel{std::move(decoder), config.weightsDType, std::move(digest)};
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
        SKD_TRY(const Json json, readJsonFile(path / "config.json"));
        return isPruned(json) ? readDecoderConfig(path / "model.safetensors")
                              : folderConfig(path, json);
    }
    SKD_TRY(const GgufFile file, GgufFile::open(path));
    return located(parseGgufConfig(file), path.string());
}

}  // namespace skd
