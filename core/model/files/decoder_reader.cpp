#include "model/files/decoder_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "formats/refusals.h"
#include "model/identity_block.h"

namespace skd {
namespace {

/// The types that tensors of a decoder are stored in.
constexpr std::array<std::pair<DType, at::ScalarType>, 5> kStoredTypes{
    {{DType::F32, at::kFloat},
     {DType::BF16, at::kBFloat16},
     {DType::F16, at::kHalf},
     {DType::Bool, at::kBool},
     {DType::I32, at::kInt}}};

/// f32 where the embedding is stored so, else bf16.
at::ScalarType typeOfEmbedding(const SafetensorsFile& file) {
    const TensorView* embedding = file.find("model.embed_tokens.weight");
    const auto* type = embedding == nullptr ? nullptr : std::get_if<DType>(&embedding->type);
    return type != nullptr && *type == DType::F32 ? at::kFloat : at::kBFloat16;
}

/// Two dimensions of numbers.
bool isMatrix(const at::Tensor& tensor) {
    return tensor.defined() && tensor.dim() == 2 && tensor.is_floating_point();
}

Status expectShape(const std::string& what, at::IntArrayRef shape,
                   std::vector<std::int64_t> wanted) {
    if (shape == at::IntArrayRef(wanted)) return {};
    return corrupt(what, " has the shape ", shapeText(shape), ", but its neighbours need ",
                   shapeText(wanted));
}

Status expectMatrix(const Linear& linear, std::int64_t rows, std::int64_t columns) {
    const std::array<std::int64_t, 2> shape{linear.rows(), linear.columns()};
    return expectShape(linear.name(), shape, {rows, columns});
}

Status expectTensor(const std::string& what, const at::Tensor& tensor,
                    std::vector<std::int64_t> wanted) {
    if (!tensor.defined()) return corrupt("the tensor ", what, " is missing");
    return expectShape(what, tensor.sizes(), std::move(wanted));
}

/// A map past a block, after which the stream has another width.
Status expectShortcut(const std::string& name, const at::Tensor& shortcut, std::int64_t& width) {
    if (!shortcut.defined()) return {};
    const std::int64_t before = width;
    if (shortcut.dim() == 2) width = shortcut.size(0);
    return expectShape(name, shortcut.sizes(), {width, before});
}

/// `width` is the residual stream's before the layer, and after it afterwards.
Status checkLayer(const Decoder& decoder, std::size_t index, std::int64_t& width) {
    const ModelConfig& c = decoder.config;
    const DecoderLayer& layer = decoder.layers[index];
    const std::string prefix = strCat("model.layers.", index, ".");
    const std::int64_t query = c.heads * c.headDim, keyValue = c.keyValueHeads * c.headDim,
                       ffn = layer.config.intermediateSize;
    SKD_CHECK(expectTensor(prefix + "input_layernorm.weight", layer.inputNorm, {width}));
    SKD_CHECK(expectMatrix(layer.attention.query, query, width));
    SKD_CHECK(expectMatrix(layer.attention.key, keyValue, width));
    SKD_CHECK(expectMatrix(layer.attention.value, keyValue, width));
    SKD_CHECK(expectShortcut(prefix + "attention_shortcut.weight", layer.attentionShortcut, width));
    SKD_CHECK(expectMatrix(layer.attention.output, width, query));
    SKD_CHECK(
        expectTensor(prefix + mlpNormName(c.family) + ".weight", layer.postAttentionNorm, {width}));
    if (traits(c.family).outputNorms) {
        SKD_CHECK(expectTensor(prefix + "post_attention_layernorm.weight",
                               layer.attentionOutputNorm, {width}));
        SKD_CHECK(expectTensor(prefix + "post_feedforward_layernorm.weight", layer.mlpOutputNorm,
                               {width}));
    }
    if (layer.mlp.gateUp.isDefined())
        SKD_CHECK(expectMatrix(layer.mlp.gateUp, 2 * ffn, width));
    else {
        SKD_CHECK(expectMatrix(layer.mlp.gate, ffn, width));
        SKD_CHECK(expectMatrix(layer.mlp.up, ffn, width));
    }
    SKD_CHECK(expectShortcut(prefix + "mlp_shortcut.weight", layer.mlpShortcut, width));
    return expectMatrix(layer.mlp.down, width, ffn);
}

Status checkShapes(const Decoder& decoder) {
    const ModelConfig& c = decoder.config;
    const std::vector<std::int64_t> tokens{c.vocabularySize, c.hiddenSize};
    SKD_CHECK(expectTensor("model.embed_tokens.weight", decoder.embedding, tokens));
    SKD_CHECK(expectTensor("lm_head.weight", decoder.head, tokens));
    std::int64_t width = c.hiddenSize;
    SKD_CHECK(expectShortcut("model.entrance.weight", decoder.inputProjection, width));
    for (std::size_t i = 0; i < decoder.layers.size(); ++i)
        SKD_CHECK(checkLayer(decoder, i, width));
    if (decoder.outputProjection.defined() || width != c.hiddenSize)
        SKD_CHECK(
            expectTensor("model.exit.weight", decoder.outputProjection, {c.hiddenSize, width}));
    return expectTensor("model.norm.weight", decoder.finalNorm, {c.hiddenSize});
}

}  // namespace

std::optional<DType> storedTypeOf(at::ScalarType type) {
    for (const auto& [stored, scalar] : kStoredTypes)
        if (scalar == type) return stored;
    return std::nullopt;
}

DecoderReader::DecoderReader(const SafetensorsFile& file, const LoadOptions& options,
                             DecoderParts parts)
    : m_file(file),
      m_copier(file),
      m_options(options),
      m_held(options.dtype.value_or(typeOfEmbedding(file))),
      m_parts(std::move(parts)) {
    if (m_parts.masked.is_array())
        for (const Json& name : m_parts.masked)
            if (name.is_string()) m_masked.insert(valueOr(name, ""));
}

Result<Decoder> DecoderReader::read(const ModelConfig& config) {
    Decoder decoder(config);
    decoder.computeDtype = m_options.computeDtype;
    decoder.layers.resize(config.layers.size());
    const Json& layers = m_parts.layers;
    for (std::size_t i = 0; i < decoder.layers.size(); ++i) {
        decoder.layers[i].config = config.layers[i];
        readMatrices(
            decoder.layers[i], strCat("model.layers.", i, "."),
            layers.is_array() && i < layers.size() && valueOr(layers[i], "fused_gate_up", false));
    }
    decoder.visitSlots([&](const std::string& name, at::Tensor& tensor) {
        tensor = find(name);
        if (tensor.defined() && !tensor.is_floating_point())
            note(name + " is a mask where weights belong");
    });
    if (config.tiedHead) decoder.head = decoder.embedding;
    SKD_CHECK(m_status);
    SKD_CHECK(checkAllUsed());
    SKD_CHECK(m_copier.finish());
    SKD_CHECK(checkShapes(decoder));
    return decoder;
}

void DecoderReader::readMatrices(DecoderLayer& layer, const std::string& prefix, bool fused) {
    for (const LayerMatrix& place : matricesOf(layer)) {
        const bool half = place.kind == MatrixKind::Gate || place.kind == MatrixKind::Up;
        const bool left = fused ? half : place.kind == MatrixKind::GateUp;
        if (!left) *place.linear = linear(prefix + place.name);
    }
}

Linear DecoderReader::linear(const std::string& name) {
    if (m_file.find(name + ".elastic_a") != nullptr) return elastic(name);
    MatrixTensors tensors = matrixTensors(
        name, m_parts.modules, [this](const std::string& tensor) { return find(tensor); });
    if (tensors.order.defined()) return block(name, std::move(tensors));
    auto& [weight, mask, a, b, c, order, bias] = tensors;
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
    checkBias(name, bias, factored ? a.size(0) : weight.size(0));
    if (factored) return {name, LowRankWeight{a, b}, bias};
    if (masked) return {name, MaskedWeight{weight * mask, mask}, bias};
    return {name, DenseWeight{weight}, bias};
}

/// A matrix whose rows are those of B and of C B.
Linear DecoderReader::block(const std::string& name, MatrixTensors tensors) {
    auto& [weight, mask, a, b, c, order, bias] = tensors;
    const bool matrix = order.defined() && isMatrix(b) && order.dim() == 1;
    if (matrix && !c.defined() && order.size(0) == b.size(0))
        c = at::empty({0, b.size(0)}, b.options());
    if (!matrix || !isMatrix(c) || c.size(1) != b.size(0) ||
        c.size(0) + c.size(1) != order.size(0) || !isRowOrder(order, b.size(0))) {
        note(strCat("the tensors of ", name, " make no identity block"));
        return {};
    }
    checkBias(name, bias, order.size(0));
    return {name, IdentityBlockWeight{c, b, order}, bias};
}

/// An ordered pair of factors, and how many of their components are in use.
Linear DecoderReader::elastic(const std::string& name) {
    const at::Tensor a = find(name + ".elastic_a"), b = find(name + ".elastic_b"),
                     bias = find(name + ".bias");
    if (!isMatrix(a) || !isMatrix(b) || a.size(0) != b.size(0) || a.size(0) < 1 ||
        a.size(0) > std::min(a.size(1), b.size(1))) {
        note(strCat("the tensors of ", name, " make no elastic factors"));
        return {};
    }
    const auto rank = valueAs<std::int64_t>(memberOf(m_parts.ranks, name));
    if (!rank || *rank < 1 || *rank > a.size(0)) {
        note(strCat("the rank of ", name, " is no number from 1 to ", a.size(0),
                    ", the components that are stored"));
        return {};
    }
    m_elastic.insert(name);
    checkBias(name, bias, a.size(1));
    return {name, ElasticWeight{a, b, *rank}, bias};
}

void DecoderReader::checkBias(const std::string& name, const at::Tensor& bias, std::int64_t rows) {
    if (bias.defined() && (bias.dim() != 1 || bias.size(0) != rows))
        note(strCat(name, ".bias does not have the ", rows, " rows of its matrix"));
}

/// Undefined where the file has no tensor of that name.
at::Tensor DecoderReader::find(const std::string& name) {
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

Status DecoderReader::checkAllUsed() const {
    for (const TensorView& view : m_file.tensors())
        if (!m_used.contains(view.name))
            return corrupt("the tensor ", displayName(view.name),
                           " has no place in the model it belongs to");
    if (m_parts.ranks.is_object())
        for (const auto& [name, rank] : m_parts.ranks.items())
            if (!m_elastic.contains(name))
                return corrupt("there is a rank of ", displayName(name),
                               ", which is no elastic matrix of the model");
    return {};
}

void DecoderReader::note(std::string problem) {
    if (m_status) m_status = fail(ErrorCode::Corrupt, std::move(problem));
}

}  // namespace skd
