#include "model/files/decoder_file.h"

#include <algorithm>
#include <array>

#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "formats/refusals.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_seal.h"
#include "formats/safetensors_writer.h"
#include "model/files/module_layout.h"
#include "model/files/stock_model.h"
#include "model/files/tensor_encoding.h"
#include "model/identity_block.h"

namespace skd {
namespace {

constexpr const char* kMetadataKey = "sparsekd";
/// Files without identity blocks are those of the first version; the third names modules
/// (module_layout.h).
constexpr int kVersion = 1, kVersionOfBlocks = 2, kVersionOfModules = 3;

/// The types that tensors of a decoder are stored in.
constexpr std::array<std::pair<DType, at::ScalarType>, 5> kStoredTypes{
    {{DType::F32, at::kFloat},
     {DType::BF16, at::kBFloat16},
     {DType::F16, at::kHalf},
     {DType::Bool, at::kBool},
     {DType::I32, at::kInt}}};

Result<TensorOut> tensorOut(const std::string& name, const at::Tensor& tensor, at::Tensor& current,
                            const std::function<Status()>& proceed) {
    const auto* type = std::ranges::find(kStoredTypes, tensor.scalar_type(),
                                         &std::pair<DType, at::ScalarType>::second);
    if (type == kStoredTypes.end())
        return fail(ErrorCode::Internal,
                    strCat(name, " is neither f32, bf16, f16, a mask nor an order"));
    TensorOut out{name, type->first, tensor.sizes().vec(), {}};
    out.produce = [&current, tensor, &proceed]() -> Result<std::span<const std::byte>> {
        if (proceed) SKD_CHECK(proceed());
        current = tensor.detach().to(at::kCPU).contiguous();
        return bytesOf(current);
    };
    return out;
}

Json layerParts(const Decoder& decoder) {
    Json layers = Json::array();
    for (const DecoderLayer& layer : decoder.layers)
        layers.push_back({{"fused_gate_up", layer.mlp.gateUp.isDefined()}});
    return layers;
}

/// Calls `onTensor` with the name and tensor of every parameter, then of every mask and
/// permutation.
void visitStored(const Decoder& decoder, const Linear::Visitor& onTensor) {
    Decoder walk = decoder;
    walk.visitParameters(onTensor);
    for (Linear* linear : walk.matrices(kAllMatrices)) {
        Linear::Form form = linear->form();
        if (auto* masked = std::get_if<MaskedWeight>(&form))
            onTensor(linear->name() + ".mask", masked->mask);
        if (auto* block = std::get_if<IdentityBlockWeight>(&form))
            onTensor(linear->name() + ".order", block->order);
    }
}

bool hasBlocks(const Decoder& decoder) {
    Decoder walk = decoder;
    return std::ranges::any_of(walk.matrices(kAllMatrices), [](const Linear* linear) {
        return std::holds_alternative<IdentityBlockWeight>(linear->form());
    });
}

/// Puts the tensors of a file in the places that a decoder of this config has.
class Reader {
public:
    Reader(const SafetensorsFile& file, const LoadOptions& options, const Json& description)
        : m_file(file),
          m_copier(file),
          m_options(options),
          m_held(options.dtype.value_or(storedType(file))),
          m_modules(valueOr(description, "version", kVersion) == kVersionOfModules) {
        if (const Json masked = valueOr(description, "masked", Json()); masked.is_array())
            for (const Json& name : masked)
                if (name.is_string()) m_masked.insert(valueOr(name, ""));
    }

    Result<Decoder> read(const ModelConfig& config, const Json& parts) {
        Decoder decoder(config);
        decoder.computeDtype = m_options.computeDtype;
        decoder.layers.resize(config.layers.size());
        for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
            decoder.layers[i].config = config.layers[i];
            readMatrices(
                decoder.layers[i], strCat("model.layers.", i, "."),
                parts.is_array() && i < parts.size() && valueOr(parts[i], "fused_gate_up", false));
        }
        decoder.visitSlots([&](const std::string& name, at::Tensor& tensor) {
            tensor = find(name);
            if (tensor.defined() && !tensor.is_floating_point())
                note(name + " is a mask where weights belong");
        });
        if (config.tiedHead) decoder.head = decoder.embedding;
        if (!m_status) return fail(m_status.error());
        SKD_CHECK(checkAllUsed());
        SKD_CHECK(m_copier.finish());
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
        for (const LayerMatrix& place : matricesOf(layer)) {
            const bool half = place.kind == MatrixKind::Gate || place.kind == MatrixKind::Up;
            const bool left = fused ? half : place.kind == MatrixKind::GateUp;
            if (!left) *place.linear = linear(prefix + place.name);
        }
    }

    Linear linear(const std::string& name) {
        auto [weight, mask, a, b, c, order, bias] = matrixTensors(
            name, m_modules, [this](const std::string& tensor) { return find(tensor); });
        if (order.defined()) return block(name, order, b, c, bias);
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

    /// A matrix whose rows are those of B and of C B.
    Linear block(const std::string& name, const at::Tensor& order, const at::Tensor& b,
                 at::Tensor c, const at::Tensor& bias) {
        const bool matrix = order.defined() && b.defined() && b.dim() == 2 &&
                            b.is_floating_point() && order.dim() == 1;
        if (matrix && !c.defined() && order.size(0) == b.size(0))
            c = at::empty({0, b.size(0)}, b.options());
        if (!matrix || !c.defined() || c.dim() != 2 || !c.is_floating_point() ||
            c.size(1) != b.size(0) || c.size(0) + c.size(1) != order.size(0) ||
            !isRowOrder(order, b.size(0))) {
            note(strCat("the tensors of ", name, " make no identity block"));
            return {};
        }
        if (bias.defined() && (bias.dim() != 1 || bias.size(0) != order.size(0)))
            note(strCat(name, ".bias does not have the ", order.size(0), " rows of its matrix"));
        return {name, IdentityBlockWeight{c, b, order}, bias};
    }

    /// Undefined where the file has no tensor of that name.
    at::Tensor find(const std::string& name) {
        const TensorView* view = m_file.find(name);
        if (view == nullptr) return {};
        m_used.insert(name);
        const auto* stored = std::ranges::find_if(
            kStoredTypes, [&](const auto& each) { return view->type == StorageType(each.first); });
        if (stored == kStoredTypes.end()) {
            note(strCat(displayName(name), " is neither F32, BF16, F16, BOOL nor I32"));
            return {};
        }
        const at::ScalarType scalar = stored->second;
        at::Tensor tensor = at::empty(view->shape, scalar);
        if (Status copied = m_copier.copy(*view, tensor.mutable_data_ptr()); !copied && m_status)
            m_status = std::move(copied);
        if (!at::isFloatingType(scalar)) return tensor.to(m_options.device);
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
        return corrupt(what, " has the shape ", shapeText(shape), ", but its neighbours need ",
                       shapeText(wanted));
    }
    static Status expect(const Linear& linear, std::int64_t rows, std::int64_t columns) {
        const std::array<std::int64_t, 2> shape{linear.rows(), linear.columns()};
        return expect(linear.name(), shape, {rows, columns});
    }
    static Status expectTensor(const std::string& what, const at::Tensor& tensor,
                               std::vector<std::int64_t> wanted) {
        if (!tensor.defined()) return corrupt("the tensor ", what, " is missing");
        return expect(what, tensor.sizes(), std::move(wanted));
    }

    static Status checkShapes(const Decoder& decoder) {
        const ModelConfig& c = decoder.config;
        const std::vector<std::int64_t> tokens{c.vocabularySize, c.hiddenSize};
        SKD_CHECK(expectTensor("model.embed_tokens.weight", decoder.embedding, tokens));
        SKD_CHECK(expectTensor("lm_head.weight", decoder.head, tokens));
        std::int64_t width = c.hiddenSize;
        SKD_CHECK(past("model.entrance.weight", decoder.inputProjection, width));
        for (std::size_t i = 0; i < decoder.layers.size(); ++i)
            SKD_CHECK(checkLayer(decoder, i, width));
        if (decoder.outputProjection.defined() || width != c.hiddenSize)
            SKD_CHECK(
                expectTensor("model.exit.weight", decoder.outputProjection, {c.hiddenSize, width}));
        return expectTensor("model.norm.weight", decoder.finalNorm, {c.hiddenSize});
    }

    /// `width` is the residual stream's before the layer, and after it afterwards.
    static Status checkLayer(const Decoder& decoder, std::size_t index, std::int64_t& width) {
        const ModelConfig& c = decoder.config;
        const DecoderLayer& layer = decoder.layers[index];
        const std::string prefix = strCat("model.layers.", index, ".");
        const std::int64_t query = c.heads * c.headDim, keyValue = c.keyValueHeads * c.headDim,
                           ffn = layer.config.intermediateSize;
        SKD_CHECK(expectTensor(prefix + "input_layernorm.weight", layer.inputNorm, {width}));
        SKD_CHECK(expect(layer.attention.query, query, width));
        SKD_CHECK(expect(layer.attention.key, keyValue, width));
        SKD_CHECK(expect(layer.attention.value, keyValue, width));
        SKD_CHECK(past(prefix + "attention_shortcut.weight", layer.attentionShortcut, width));
        SKD_CHECK(expect(layer.attention.output, width, query));
        SKD_CHECK(expectTensor(prefix + mlpNormName(c.family) + ".weight", layer.postAttentionNorm,
                               {width}));
        if (traits(c.family).outputNorms) {
            SKD_CHECK(expectTensor(prefix + "post_attention_layernorm.weight",
                                   layer.attentionOutputNorm, {width}));
            SKD_CHECK(expectTensor(prefix + "post_feedforward_layernorm.weight",
                                   layer.mlpOutputNorm, {width}));
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
    TensorCopier m_copier;
    LoadOptions m_options;
    at::ScalarType m_held;
    bool m_modules;
    std::set<std::string> m_used, m_masked;
    Status m_status;
};

Result<Json> description(const SafetensorsFile& file) {
    const std::string where = file.path().string();
    const auto found = file.metadata().find(kMetadataKey);
    if (found == file.metadata().end())
        return unsupported(where,
                           ": this file does not describe its model; give the folder of a Hugging "
                           "Face model, a .gguf file, or a model of a run");
    SKD_TRY(Json json, located(parseJson(found->second), where));
    const Json version = json.is_object() ? valueOr(json, "version", Json()) : Json();
    if (version != Json(kVersion) && version != Json(kVersionOfBlocks) &&
        version != Json(kVersionOfModules))
        return fail(ErrorCode::Newer,
                    where + ": the file was written by another version of the program");
    return json;
}

Result<ModelConfig> configOf(const SafetensorsFile& file, const Json& description) {
    return located(modelConfigFromJson(valueOr(description, "config", Json())),
                   file.path().string());
}

}  // namespace

std::string weightsSha256(const Decoder& decoder) {
    Sha256 hash;
    visitStored(decoder, [&](const std::string& name, const at::Tensor& tensor) {
        const at::Tensor bytes = tensor.detach().to(at::kCPU).contiguous();
        hash.update(strCat(name, " ", at::toString(bytes.scalar_type()), " ",
                           shapeText(bytes.sizes()), "\n"));
        hash.update(bytes.const_data_ptr(), bytes.nbytes());
    });
    return hash.hex();
}

namespace {

/// Tensors on their way into a file, and the JSON that describes them.
struct Writing {
    std::vector<TensorOut> tensors;
    at::Tensor current;
    Status status;
    std::function<Status()> proceed;

    void add(const std::string& name, const at::Tensor& tensor) {
        auto out = tensorOut(name, tensor, current, proceed);
        if (out)
            tensors.push_back(std::move(*out));
        else
            status = fail(out.error());
    }
};

Json descriptionOf(const Decoder& decoder, int version, const Json& about) {
    return {{"version", version},
            {"config", toJson(currentConfig(decoder))},
            {"layers", layerParts(decoder)},
            {"about", about}};
}

SafetensorsMetadata metadataOf(const Json& description) {
    return {{"format", "pt"}, {kMetadataKey, dumpJson(description)}};
}

}  // namespace

Status writeDecoder(const std::filesystem::path& path, const Decoder& decoder, const Json& about) {
    Writing writing;
    visitStored(decoder, [&](const std::string& name, const at::Tensor& tensor) {
        writing.add(name, tensor);
    });
    SKD_CHECK(writing.status);
    const int version = hasBlocks(decoder) ? kVersionOfBlocks : kVersion;
    return writeSealedSafetensors(path, writing.tensors,
                                  metadataOf(descriptionOf(decoder, version, about)));
}

Status writePlainDecoder(const std::filesystem::path& path, const Decoder& decoder,
                         const Json& about, const std::function<Status()>& proceed) {
    Writing writing{.proceed = proceed};
    for (const NamedTensor& each : moduleTensors(decoder)) writing.add(each.name, each.tensor);
    SKD_CHECK(writing.status);
    Json json = descriptionOf(decoder, kVersionOfModules, about), masked = Json::array();
    Decoder walk = decoder;
    for (const Linear* linear : walk.matrices(kAllMatrices))
        if (std::holds_alternative<MaskedWeight>(linear->form())) masked.push_back(linear->name());
    if (!masked.empty()) json["masked"] = std::move(masked);
    // What is exported belongs to others, who may change it: no seal.
    return writeSafetensors(path, writing.tensors, metadataOf(json));
}

Result<DecoderFile> readDecoder(const std::filesystem::path& path, const LoadOptions& options) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    SKD_TRY(const Json json, description(file));
    SKD_TRY(const ModelConfig config, configOf(file, json));
    Reader reader(file, options, json);
    SKD_TRY(Decoder decoder,
            located(reader.read(config, valueOr(json, "layers", Json())), path.string()));
    std::string digest = weightsSha256(decoder);
    return DecoderFile{{std::move(decoder), config.weightsDType, std::move(digest)},
                       valueOr(json, "about", Json::object())};
}

Result<ModelConfig> readDecoderConfig(const std::filesystem::path& path) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    SKD_TRY(const Json json, description(file));
    return configOf(file, json);
}

Result<Json> readDecoderAbout(const std::filesystem::path& path) {
    SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(path));
    SKD_TRY(const Json json, description(file));
    return valueOr(json, "about", Json::object());
}

}  // namespace skd
