#include "prune/structure/slicegpt.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "model/elastic.h"
#include "model/identity_block.h"
#include "prune/shared/layer_walk.h"

namespace skd {
namespace {

/// W m for m [in, new in], in f64; the form stays.
void mapColumns(Linear& matrix, const at::Tensor& map) {
    const auto times = [&](const at::Tensor& w) {
        return at::mm(w.to(at::kDouble), map).to(w.scalar_type());
    };
    if (const auto* block = std::get_if<IdentityBlockWeight>(&matrix.form()))
        return matrix.replace(IdentityBlockWeight{block->c, times(block->b), block->order});
    const auto* factors = std::get_if<LowRankWeight>(&matrix.form());
    matrix.replace(factors != nullptr ? Linear::Form(LowRankWeight{factors->a, times(factors->b)})
                                      : Linear::Form(DenseWeight{times(matrix.weight())}));
}

/// q^T P [I; C] B as an identity block of its own: a turn mixes the rows that it is made of. Plain
/// factors, or the whole matrix where it is smaller, if the block cannot be held in f32.
Linear::Form turnedBlock(const IdentityBlockWeight& block, const at::Tensor& q) {
    const auto exact = [](const at::Tensor& tensor) { return tensor.to(at::kDouble); };
    const at::Tensor b = exact(block.b),
                     a = at::mm(q.t(), leftFactor({exact(block.c), b, block.order}));
    const auto held = [&](const at::Tensor& tensor) { return tensor.to(block.b.options()); };
    if (a.size(1) <= a.size(0)) {
        const IdentityBlock turned = identityBlock(a, b);
        if (holdsInSingle(turned))
            return IdentityBlockWeight{held(turned.weight.c), held(turned.weight.b),
                                       turned.weight.order.to(block.order.device())};
    }
    if (a.numel() + b.numel() < a.size(0) * b.size(1)) return LowRankWeight{held(a), held(b)};
    return DenseWeight{held(at::mm(a, b))};
}

/// q^T W and q^T bias for q [out, new out].
void turnRows(Linear& matrix, const at::Tensor& q) {
    const auto times = [&](const at::Tensor& w) {
        return at::mm(q.t(), w.to(at::kDouble)).to(w.scalar_type());
    };
    const at::Tensor& bias = matrix.bias();
    const at::Tensor turned =
        bias.defined() ? at::mv(q.t(), bias.to(at::kDouble)).to(bias.scalar_type()) : bias;
    const auto form = [&]() -> Linear::Form {
        if (const auto* block = std::get_if<IdentityBlockWeight>(&matrix.form()))
            return turnedBlock(*block, q);
        if (const auto* factors = std::get_if<LowRankWeight>(&matrix.form()))
            return LowRankWeight{times(factors->a), factors->b};
        return DenseWeight{times(matrix.weight())};
    };
    matrix = Linear(matrix.name(), form(), turned);
}

/// Principal directions [d, width] f64 of rows that are added one sequence at a time, strongest
/// first.
class Principal {
public:
    void add(const at::Tensor& rows) {
        const at::Tensor exact = rows.to(at::kDouble);
        const at::Tensor scaled = exact / exact.square().mean(-1, true).sqrt().clamp_min(1e-30);
        addTo(m_covariance, at::mm(scaled.t(), scaled));
    }
    [[nodiscard]] Result<at::Tensor> directions(std::int64_t width, std::size_t layer) const {
        SKD_CHECK(
            checkActivations(m_covariance, strCat("the residual stream at layer ", layer, " is")));
        const at::Tensor vectors = std::get<1>(at::linalg_eigh(m_covariance));
        return vectors.flip({1}).narrow(1, 0, std::min(width, vectors.size(1))).contiguous();
    }

private:
    at::Tensor m_covariance;
};

class Slicer {
public:
    Slicer(Decoder& model, std::int64_t width, LayerWalk walk)
        : m_model(model), m_width(width), m_walk(std::move(walk)) {}

    Status run(const RunContext& context) {
        ProgressMeter meter(context, Stage::Prune, static_cast<std::int64_t>(m_model.layers.size()),
                            "layers");
        SKD_CHECK(enter());
        for (std::size_t layer = 0; layer < m_model.layers.size() && !context.cancelled();
             ++layer) {
            SKD_CHECK(sliceAttention(layer));
            SKD_CHECK(sliceMlp(layer));
            m_model.config.layers[layer] = m_model.layers[layer].config;
            meter.advance(1);
        }
        return {};
    }

private:
    /// Directions of the stream as it is now.
    Result<at::Tensor> directionsOfStream(std::size_t layer) const {
        Principal principal;
        for (const at::Tensor& state : m_walk.states()) principal.add(m_walk.rowsOf(state));
        return principal.directions(m_width, layer);
    }
    void turnStream(const at::Tensor& q) {
        m_walk.transform([&](const at::Tensor& state) {
            return at::matmul(state.to(at::kDouble), q).to(state.scalar_type());
        });
    }
    [[nodiscard]] at::Tensor store(const at::Tensor& map) const {
        return map.to(m_model.dtype()).contiguous();
    }
    /// A shortcut as f64; the identity where there is none.
    [[nodiscard]] static at::Tensor shortcutOf(const at::Tensor& stored, std::int64_t width,
                                               const at::Tensor& like) {
        return stored.defined() ? stored.to(at::kDouble) : at::eye(width, like.options());
    }

    Status enter() {
        SKD_TRY(m_q, directionsOfStream(0));
        m_model.inputProjection =
            store(at::mm(m_q.t(), shortcutOf(m_model.inputProjection, m_q.size(0), m_q)));
        turnStream(m_q);
        return {};
    }

    /// What a matrix after a norm is multiplied by: the norm's weight, then the directions. A norm
    /// over w of h directions holds sqrt(h / w) (Decoder's epsilon is to match).
    [[nodiscard]] at::Tensor behindNorm(const at::Tensor& norm, const at::Tensor& q) const {
        return (norm.to(at::kDouble) / normScale(q.size(0))).unsqueeze(1) * q;
    }
    [[nodiscard]] double normScale(std::int64_t width) const {
        return std::sqrt(static_cast<double>(m_model.config.hiddenSize) /
                         static_cast<double>(width));
    }
    [[nodiscard]] at::Tensor plainNorm(std::int64_t width) const {
        return at::full({width}, normScale(width), m_model.embedding.options());
    }

    /// Turns the matrices that read the stream behind a norm. Returns the shortcut past them from
    /// the directions there, f64.
    at::Tensor enterBlock(at::Tensor& norm, std::initializer_list<Linear*> readers,
                          at::Tensor& shortcut) const {
        const at::Tensor in = behindNorm(norm, m_q);
        for (Linear* matrix : readers)
            if (matrix->isDefined()) mapColumns(*matrix, in);
        norm = plainNorm(m_q.size(1));
        at::Tensor turned = at::mm(shortcutOf(shortcut, m_q.size(0), m_q), m_q);
        shortcut = store(turned);
        return turned;
    }
    /// Goes on in the directions `q` after a block's last matrix and the shortcut past it.
    void leaveBlock(at::Tensor& shortcut, const at::Tensor& turned, Linear& last,
                    const at::Tensor& q) {
        shortcut = store(at::mm(q.t(), turned));
        turnRows(last, q);
        m_q = q;
    }

    Status sliceAttention(std::size_t index) {
        DecoderLayer& layer = m_model.layers[index];
        Attention& attention = layer.attention;
        const at::Tensor turned =
            enterBlock(layer.inputNorm, {&attention.query, &attention.key, &attention.value},
                       layer.attentionShortcut);
        layer.config.inputWidth = m_q.size(1);
        SKD_TRY(const at::Tensor q, directionsOfMiddle(index));
        leaveBlock(layer.attentionShortcut, turned, attention.output, q);
        layer.config.middleWidth = q.size(1);
        return {};
    }

    /// The middle of a layer is seen after its norm, which here has no weight.
    Result<at::Tensor> directionsOfMiddle(std::size_t index) const {
        Decoder probe = m_model;
        at::Tensor& norm = probe.layers[index].postAttentionNorm;
        norm = at::ones_like(norm);
        Principal principal;
        m_walk.observe(probe, index, [&](MatrixKind kind, const at::Tensor& rows) {
            if (kind == MatrixKind::Gate) principal.add(rows);
        });
        return principal.directions(m_width, index);
    }

    Status sliceMlp(std::size_t index) {
        DecoderLayer& layer = m_model.layers[index];
        Mlp& mlp = layer.mlp;
        const at::Tensor turned = enterBlock(layer.postAttentionNorm,
                                             {&mlp.gate, &mlp.up, &mlp.gateUp}, layer.mlpShortcut);
        m_walk.advance(m_model, index);
        if (index + 1 == m_model.layers.size()) return {};  // back at the full width
        SKD_TRY(const at::Tensor q, directionsOfStream(index + 1));
        leaveBlock(layer.mlpShortcut, turned, mlp.down, q);
        turnStream(q);
        return {};
    }

    Decoder& m_model;
    std::int64_t m_width;
    LayerWalk m_walk;
    at::Tensor m_q;  ///< directions at the last norm, [width before, width after] f64
};

Status checkModel(Decoder& model, const PruneSpec& spec) {
    if (traits(model.config.family).outputNorms)
        return fail(ErrorCode::Unsupported, strCat("slicegpt cannot rotate the residual stream of ",
                                                   traits(model.config.family).name,
                                                   ": its attention and MLP blocks end with norms "
                                                   "of their own; choose another prune.method"));
    if (!spec.locked.empty())
        return fail(
            ErrorCode::InvalidInput,
            "slicegpt rotates every matrix; empty \"prune.locked\" or choose another prune.method");
    for (const Linear* matrix : model.matrices({true, true}))
        if (matrix->maskedZeros() > 0)
            return fail(ErrorCode::Unsupported,
                        strCat(matrix->name(),
                               " is masked, and slicegpt's rotation would fill its zeros; begin "
                               "from a model without masks"));
    SKD_CHECK(checkOneSize(model, "slicegpt"));
    return {};
}

std::int64_t widthFor(const PruneSpec& spec, std::int64_t hidden) {
    if (!(spec.target > 0)) return hidden;
    const auto steps = static_cast<std::int64_t>(std::floor(
        (1 - spec.target) * static_cast<double>(hidden) / static_cast<double>(spec.rankMultiple) +
        1e-9));
    return std::min(hidden, std::max<std::int64_t>(1, steps) * spec.rankMultiple);
}

Json detailsOf(const Decoder& model) {
    std::int64_t extra = model.inputProjection.numel() +
                         (model.outputProjection.defined() ? model.outputProjection.numel() : 0);
    for (const DecoderLayer& layer : model.layers)
        extra += layer.attentionShortcut.numel() + layer.mlpShortcut.numel();
    return {{"width", model.inputProjection.size(0)}, {"shortcut_parameters", extra}};
}

}  // namespace

Result<Json> pruneSliceGpt(Decoder& model, const PruneSpec& spec, const CalibrationSet& calibration,
                           const DenseReference& reference, const RunContext& context) {
    const c10::NoGradGuard noGradient;
    SKD_CHECK(checkModel(model, spec));
    const std::int64_t width = widthFor(spec, reference.hiddenSize);
    if (model.inputProjection.defined() && model.inputProjection.size(0) <= width)
        return detailsOf(model);
    SKD_TRY(LayerWalk walk, LayerWalk::begin(model, calibration));
    SKD_CHECK(Slicer(model, width, std::move(walk)).run(context));
    return context.stop.stop_requested() ? Json::object() : detailsOf(model);
}

}  // namespace skd
