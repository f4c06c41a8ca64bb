#include "model/files/decoder_file.h"

#include <array>
#include <cstring>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "formats/refusals.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_writer.h"
#include "model/config/model_config_json.h"

namespace skd {
namespace {

constexpr const char* kMetadataKey = "sparsekd";
constexpr int kVersion = 1;
constexpr MatrixSelection kAllMatrices{true, true};

Result<DType> storageOf(const std::string& name, const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
        case at::kFloat:
            return DType::F32;
        case at::kBFloat16:
            return DType::BF16;
        case at::kHalf:
            return DType::F16;
        case at::kBool:
            return DType::Bool;
        default:
            return fail(ErrorCode::Internal, strCat(name, " is neither f32, bf16, f16 nor a mask"));
    }
}

Result<TensorOut> tensorOut(const std::string& name, const at::Tensor& tensor, at::Tensor& current,
                            const std::function<Status()>& proceed) {
    SKD_TRY(const DType type, storageOf(name, tensor));
    TensorOut out{name, type, tensor.sizes().vec(), {}};
    out.produce = [&current, tensor, &proceed]() -> Result<std::span<const std::byte>> {
        if (proceed) SKD_CHECK(proceed());
        current = tensor.detach().to(at::kCPU).contiguous();
        return std::span(static_cast<const std::byte*>(current.const_data_ptr()), current.nbytes());
    };
    return out;
}

at::ScalarType scalarOf(DType type) {
    switch (type) {
        case DType::F32:
            return at::kFloat;
        case DType::BF16:
            return at::kBFloat16;
        case DType::F16:
            return at::kHalf;
        default:
            return at::kBool;
    }
}

Json layerParts(const Decoder& decoder) {
    Json layers = Json::array();
    for (const DecoderLayer& layer : decoder.layers)
        layers.push_back({{"fused_gate_up", layer.mlp.gateUp.isDefined()}});
    return layers;
}

/// Puts the tensors of a file in the places that a decoder of this config has.
class Reader {
public:
    Reader(const SafetensorsFile& file, const LoadOptions& options, const Json& masked)
        : m_file(file), m_options(options), m_held(options.dtype.value_or(storedType(file))) {
        if (masked.is_array())
            for (const Json& name : masked)
                if (name.is_string()) m_masked.insert(name.get<std::string>());
    }

    Result<Decoder> read(const ModelConfig& config, const Json& parts) {
        Decoder decoder(config);
        decoder.computeDtype = m_options.computeDtype;
        decoder.layers.resize(config.layers.size());
        for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
            decoder.layers[i].config = config.layers[i];
            readMatrices(
                decoder.layers[i], strCat("model.layers.", i, "."),
                parts.is_array() && i < parts.size() && parts[i].value("fused_gate_up", false));
        }
        decoder.visitSlots([&](const std::string& name, at::Tensor& tensor) {
            tensor = find(name);
            if (tensor.defined() && tensor.scalar_type() == at::kBool)
                note(name + " is a mask where weights belong");
        });
        if (config.tiedHead) decoder.head = decoder.embedding;
        if (!m_status) return fail(m_status.error());
        SKD_CHECK(checkAllUsed());
        SKD_CHECK(checkShapes(decoder));
        return decoder;
    }

private:
    /// f32 where the embedding is stored so, else bf16.
    static at::ScalarType storedType(const SafetensorsFile& file) {
        const TensorView* embedding = file.find("model.embed_tokens.weight");
        const auto* type = embedding == nullptr ? nullptr : std::get_if<DType>(&embedding->type);
        return type != nullptr && *type == DType::F32 ? at::kFloat : at::kBFloat16;
    }

    void readMatrices(DecoderLayer& layer, const std::string& prefix, bool fused) {
        Attention& attention = layer.attention;
        attention.query = linear(prefix + "self_attn.q_proj");
        attention.key = linear(prefix + "self_attn.k_proj");
        attention.value = linear(prefix + "self_attn.v_proj");
        attention.output = linear(prefix + "self_attn.o_proj");
        if (fused)
            layer.mlp.gateUp = linear(prefix + "mlp.gate_up_proj");
        else {
            layer.mlp.gate = linear(prefix + "mlp.gate_proj");
            layer.mlp.up = linear(prefix + "mlp.up_proj");
        }
        layer.mlp.down = linear(prefix + "mlp.down_proj");
    }

    Linear linear(const std::string& name) {
        const at::Tensor weight = find(name + ".weight"), a = find(name + ".a"),
                         b = find(name + ".b"), bias = find(name + ".bias");
        at::Tensor mask = find(name + ".mask");
        if (!mask.defined() && weight.defined() && m_masked.contains(name)) mask = weight.ne(0);
        const bool factored = a.defined() && b.defined() && a.dim() == 2 && b.dim() == 2 &&
                              a.size(1) == b.size(0) && !weight.defined();
        const bool whole = weight.defined() && weight.dim() == 2 && !a.defined() && !b.defined();
        const bool masked = mask.defined() && whole && mask.scalar_type() == at::kBool &&
                            mask.sizes() == weight.sizes();
        if ((!factored && !whole) || (mask.defined() && !masked)) {
            note(strCat("the tensors of ", name, " make neither a matrix nor two factors of one"));
            return {};
        }
        const std::int64_t rows = factored ? a.size(0) : weight.size(0);
        if (bias.defined() && (bias.dim() != 1 || bias.size(0) != rows))
            note(strCat(name, ".bias does not have the ", rows, " rows of its matrix"));
        if (factored) return {name, LowRankWeight{a, b}, bias};
        if (masked) return {name, MaskedWeight{weight * mask, mask}, bias};
        return {name, DenseWeight{weight}, bias};
    }

    /// Undefined where the file has no tensor of that name.
    at::Tensor find(const std::string& name) {
        const TensorView* view = m_file.find(name);
        if (view == nullptr) return {};
        m_used.insert(name);
        const auto* type = std::get_if<DType>(&view->type);
        if (type == nullptr || (*type != DType::F32 && *type != DType::BF16 &&
                                *type != DType::F16 && *type != DType::Bool)) {
            note(strCat(displayName(name), " is neither F32, BF16, F16 nor BOOL"));
            return {};
        }
        const at::ScalarType scalar = scalarOf(*type);
        at::Tensor tensor = at::empty(view->shape, scalar);
        if (tensor.nbytes() > 0)
            std::memcpy(tensor.mutable_data_ptr(), view->bytes.data(), tensor.nbytes());
        if (scalar == at::kBool) return tensor.to(m_options.device);
        if (!at::isfinite(tensor).all().item<bool>())
            note(strCat(displayName(name), " holds values that are not finite"));
        return tensor.to(m_options.device, m_held);
    }

    [[nodiscard]] Status checkAllUsed() const {
        for (const TensorView& view : m_file.tensors())
            if (!m_used.contains(view.name))
                return corrupt("the tensor ", displayName(view.name),
                               " has no place in the model it belongs to");
        return {};
    }

    static Status expect(const std::string& what, at::IntArrayRef shape,
                         std::vector<std::int64_t> wanted) {
        if (shape == at::IntArrayRef(wanted)) return {};
        return corrupt(what, " has the shape ", shapeText({shape.data(), shape.size()}),
                       ", but its neighbours need ", shapeText(wanted));
    }
    static Status expect(const Linear& linear, std::int64_t rows, std::int64_t columns) {
        const std::array<std::int64_t, 2> shape{linear.rows(), linear.columns()};
        return expect(linear.name(), shape, {rows, columns});
    }
    static Status expectVector(const std::string& what, const at::Tensor& tensor,
                               std::int64_t size) {
        if (!tensor.defined()) return corrupt("the tensor ", what, " is missing");
        return expect(what, tensor.sizes(), {size});
    }

    static Status checkShapes(const Decoder& decoder) {
        const ModelConfig& c = decoder.config;
        for (const auto& [name, tensor] :
             {std::pair{"model.embed_tokens.weight", decoder.embedding},
              {"lm_head.weight", decoder.head}}) {
            if (!tensor.defined()) return corrupt("the tensor ", name, " is missing");
            SKD_CHECK(expect(name, tensor.sizes(), {c.vocabularySize, c.hiddenSize}));
        }
        std::int64_t width = c.hiddenSize;
        if (decoder.inputProjection.defined()) {
            width = decoder.inputProjection.size(0);
            SKD_CHECK(expect("model.entrance.weight", decoder.inputProjection.sizes(),
                             {width, c.hiddenSize}));
        }
        for (std::size_t i = 0; i < decoder.layers.size(); ++i)
            SKD_CHECK(checkLayer(decoder, i, width));
        if (decoder.outputProjection.defined())
            SKD_CHECK(expect("model.exit.weight", decoder.outputProjection.sizes(),
                             {c.hiddenSize, width}));
        else if (width != c.hiddenSize)
            return corrupt("the tensor model.exit.weight is missing");
        return expectVector("model.norm.weight", decoder.finalNorm, c.hiddenSize);
    }

    /// `width` is the residual stream's before the layer, and after it afterwards.
    static Status checkLayer(const Decoder& decoder, std::size_t index, std::int64_t& width) {
        const ModelConfig& c = decoder.config;
        const DecoderLayer& layer = decoder.layers[index];
        const std::string prefix = strCat("model.layers.", index, ".");
        const std::int64_t query = c.heads * c.headDim, keyValue = c.keyValueHeads * c.headDim,
                           ffn = layer.config.intermediateSize;
        SKD_CHECK(expectVector(prefix + "input_layernorm.weight", layer.inputNorm, width));
        SKD_CHECK(expect(layer.attention.query, query, width));
        SKD_CHECK(expect(layer.attention.key, keyValue, width));
        SKD_CHECK(expect(layer.attention.value, keyValue, width));
        SKD_CHECK(past(prefix + "attention_shortcut.weight", layer.attentionShortcut, width));
        SKD_CHECK(expect(layer.attention.output, width, query));
        SKD_CHECK(expectVector(prefix + mlpNormName(c.family) + ".weight", layer.postAttentionNorm,
                               width));
        if (traits(c.family).outputNorms) {
            SKD_CHECK(expectVector(prefix + "post_attention_layernorm.weight",
                                   layer.attentionOutputNorm, width));
            SKD_CHECK(expectVector(prefix + "post_feedforward_layernorm.weight",
                                   layer.mlpOutputNorm, width));
        }
        if (layer.mlp.gateUp.isDefined())
            SKD_CHECK(expect(layer.mlp.gateUp, 2 * ffn, width));
        else {
            SKD_CHECK(expect(layer.mlp.gate, ffn, width));
            SKD_CHECK(expect(layer.mlp.up, ffn, width));
        }
        SKD_CHECK(past(prefix + "mlp_shortcut.weight", layer.mlpShortcut, width));
        return expect(layer.mlp.down, width, ffn);
    }

    static Status past(const std::string& name, const at::Tensor& shortcut, std::int64_t& width) {
        if (!shortcut.defined()) return {};
        const std::int64_t before = width;
        if (shortcut.dim() == 2) width = shortcut.size(0);
        return expect(name, shortcut.sizes(), {width, before});
    }

    void note(std::string problem) {
        if (m_status) m_status = fail(ErrorCode::Corrupt, std::move(problem));
    }

    const SafetensorsFile& m_file;
    LoadOptions m_options;
    at::ScalarType m_held;
    std::set<std::string> m_used, m_masked;
    Status m_status;
};

Result<Json> description(const SafetensorsFile& file) {
    const auto found = file.metadata().find(kMetadataKey);
    if (found == file.metadata().end())
        return unsupported(
            "this file does not describe its model; give the folder of a Hugging Face model, a "
            ".gguf file, or a model of a run");
    SKD_TRY(Json json, parseJson(found->second));
    if (!json.is_object() || json.value("version", Json()) != Json(kVersion))
        return fail(ErrorCode::Newer, "the file was written by another version of the program");
    return json;
}

}  // namespace

std::string weightsSha256(const Decoder& decoder) {
    Sha256 hash;
    const auto add = [&](const std::string& name, const at::Tensor& tensor) {
        const at::Tensor bytes = tensor.detach().to(at::kCPU).contiguous();
        hash.update(strCat(name, " ", at::toString(bytes.scalar_type()), " ",
                           shapeText({bytes.sizes().data(), bytes.sizes().size()}), "\n"));
        hash.update(bytes.const_data_ptr(), bytes.nbytes());
    };
    Decoder walk = decoder;
    walk.visitParameters([&](const std::string& name, at::Tensor& tensor) { add(name, tensor); });
    for (const Linear* linear : walk.matrices(kAllMatrices))
        if (const auto* masked = std::get_if<MaskedWeight>(&linear->form()))
            add(linear->name() + ".mask", masked->mask);
    return hash.hex();
}

namespace {

/// Every tensor of a decoder, and the JSON that describes it; masks as tensors or by name.
Status write(const std::filesystem::path& path, const Decoder& decoder, const Json& about,
             bool masks, const std::function<Status()>& proceed) {
    Decoder walk = decoder;
    std::vector<TensorOut> tensors;
    at::Tensor current;
    Status status;
    Json masked = Json::array();
    const auto add = [&](const std::string& name, const at::Tensor& tensor) {
        auto out = tensorOut(name, tensor, current, proceed);
        if (out)
            tensors.push_back(std::move(*out));
        else
            status = fail(out.error());
    };
    walk.visitParameters([&](const std::string& name, at::Tensor& tensor) { add(name, tensor); });
    for (const Linear* linear : walk.matrices(kAllMatrices)) {
        const auto* form = std::get_if<MaskedWeight>(&linear->form());
        if (form == nullptr) continue;
        if (masks)
            add(linear->name() + ".mask", form->mask);
        else
            masked.push_back(linear->name());
    }
    SKD_CHECK(status);
    ModelConfig config = decoder.config;
    for (std::size_t i = 0; i < config.layers.size(); ++i)
        config.layers[i] = decoder.layers[i].config;
    Json json{{"version", kVersion},
              {"config", toJson(config)},
              {"layers", layerParts(decoder)},
              {"about", about}};
    if (!masked.empty()) json["masked"] = std::move(masked);
    return writeSafetensors(path, tensors, {{"format", "pt"}, {kMetadataKey, dumpJson(json)}});
}

}  // namespace

Status writeDecoder(const std::filesystem::path& path, const Decoder& decoder, const Json& about) {
    return write(path, decoder, about, true, nullptr);
}

Status writePlainDecoder(const std::filesystem::path& path, const Decoder& decoder,
                         const Json& about, const std::function<Status()>& proceed) {
    return write(path, decoder, about, false, proceed);
}

Result<DecoderFile> readDecoder(const std::filesystem::path& path, const LoadOptions& options) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    auto json = description(file);
    if (!json) return fail(json.error().in(path.string()));
    auto config = modelConfigFromJson(json->value("config", Json()));
    if (!config) return fail(config.error().in(path.string()));
    SKD_CHECK(file.checkUnchanged());
    auto decoder = Reader(file, options, json->value("masked", Json()))
                       .read(*config, json->value("layers", Json()));
    if (!decoder) return fail(decoder.error().in(path.string()));
    std::string digest = weightsSha256(*decoder);
    return DecoderFile{{std::move(*decoder), config->weightsDType, std::move(digest)},
                       json->value("about", Json::object())};
}

Result<ModelConfig> readDecoderConfig(const std::filesystem::path& path) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    auto json = description(file);
    if (!json) return fail(json.error().in(path.string()));
    return located(modelConfigFromJson(json->value("config", Json())), path.string());
}

Result<Json> readDecoderAbout(const std::filesystem::path& path) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    auto json = description(file);
    if (!json) return fail(json.error().in(path.string()));
    return json->value("about", Json::object());
}

}  // namespace skd
