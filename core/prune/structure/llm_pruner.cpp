#include "prune/structure/llm_pruner.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "model/gemm.h"
#include "model/head_scoring.h"
#include "prune/structure/channels.h"
#include "ranks/locked.h"

namespace skd {
namespace {

/// Positions of a sequence that have a target.
std::int64_t scoredPositions(const at::Tensor& sequence, bool skipFirst) {
    return std::max<std::int64_t>(0, sequence.size(0) - (skipFirst ? 2 : 1));
}
std::int64_t scoredPositions(const CalibrationSet& calibration) {
    std::int64_t count = 0;
    for (const at::Tensor& sequence : calibration.sequences)
        count += scoredPositions(sequence, calibration.skipFirstPosition);
    return count;
}

/// Copies share the weights' memory, but take part in autograd.
void watch(Linear& matrix) {
    const at::Tensor weight = matrix.weight().detach().requires_grad_();
    const auto* masked = std::get_if<MaskedWeight>(&matrix.form());
    matrix.replace(masked != nullptr ? Linear::Form(MaskedWeight{weight, masked->mask})
                                     : Linear::Form(DenseWeight{weight}));
}

/// Sums by channel of values in the shapes of an MLP's matrices.
at::Tensor channelSums(const std::vector<at::Tensor>& values, std::int64_t channels) {
    at::Tensor sum = values.back().to(at::kDouble).sum(0);  // down: columns
    for (std::size_t i = 0; i + 1 < values.size(); ++i)     // rows; gate_up has two per channel
        sum += values[i].to(at::kDouble).sum(1).view({-1, channels}).sum(0);
    return sum.to(at::kCPU);
}

/// Gradient of the summed next-token loss with respect to the head's input, times `scale`.
at::Tensor lossGradient(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& labels,
                        double scale) {
    const c10::NoGradGuard noGradient;
    at::Tensor gradient = at::empty_like(hidden);
    visitLogits(hidden, head, kHeadChunk, [&](std::int64_t begin, const at::Tensor& logits) {
        at::Tensor difference = at::softmax(logits, -1, at::kFloat);
        const at::Tensor targets = labels.narrow(0, begin, logits.size(0)).unsqueeze(1);
        difference.scatter_add_(1, targets, at::full(targets.sizes(), -1.0, difference.options()));
        gradient.narrow(0, begin, logits.size(0))
            .copy_(gemm((difference * scale).to(hidden.scalar_type()), head));
    });
    return gradient;
}

/// The importances of all layers while sequences pass backwards through a model whose MLP matrices
/// are watched.
class Importances {
public:
    Importances(const Decoder& model, ChannelImportance kind, const CalibrationSet& calibration)
        : m_model(model),
          m_taylor(kind == ChannelImportance::Taylor),
          m_calibration(calibration),
          m_sums(model.layers.size()) {
        for (DecoderLayer& layer : m_model.layers)
            for (Linear* part : partsOf(layer.mlp)) watch(*part);
    }

    void add(const at::Tensor& sequence) {
        const auto sequences = static_cast<double>(m_calibration.sequences.size());
        // Taylor: the mean over all tokens, of which this sequence has a part.
        const auto part =
            static_cast<double>(scoredPositions(sequence, m_calibration.skipFirstPosition)) /
            static_cast<double>(scoredPositions(m_calibration));
        backPropagate(sequence, m_taylor ? part : 1);
        for (std::size_t layer = 0; layer < m_sums.size(); ++layer) {
            const std::vector<at::Tensor> taken = take(layer);
            if (m_taylor)
                accumulate(m_sums[layer], taken);
            else
                accumulate(m_sums[layer], {channels(layer, taken) / (2 * sequences)});
        }
    }
    at::Tensor result(std::size_t layer) {
        return m_taylor ? channels(layer, m_sums[layer]) : m_sums[layer].front();
    }

private:
    /// Adds gradients of the mean loss of one sequence, times `weight`, to the matrices.
    void backPropagate(const at::Tensor& sequence, double weight) {
        const bool skipFirst = m_calibration.skipFirstPosition;
        const std::int64_t first = skipFirst ? 1 : 0, scored = scoredPositions(sequence, skipFirst);
        if (scored == 0) return;
        const c10::AutoGradMode withGradient(true);
        const at::Tensor ids = sequence.to(m_model.device());
        const at::Tensor hidden =
            m_model.hiddenStates(ids.narrow(0, 0, sequence.size(0) - 1).unsqueeze(0))[0]
                .narrow(0, first, scored)
                .contiguous();
        hidden.backward(lossGradient(hidden.detach(), m_model.head,
                                     ids.narrow(0, first + 1, scored),
                                     weight / static_cast<double>(scored)));
    }
    /// The gradients of a layer's matrices as f32, and zero from here on.
    std::vector<at::Tensor> take(std::size_t layer) {
        std::vector<at::Tensor> taken;
        for (Linear* part : partsOf(m_model.layers[layer].mlp)) {
            const at::Tensor weight = part->weight();
            taken.push_back(weight.grad().defined() ? weight.grad().to(at::kFloat)
                                                    : at::zeros_like(weight, at::kFloat));
            weight.mutable_grad().reset();
        }
        return taken;
    }
    /// Sums of |w g| or of w^2 g^2 by channel of a layer.
    at::Tensor channels(std::size_t layer, const std::vector<at::Tensor>& gradients) {
        Mlp& mlp = m_model.layers[layer].mlp;
        const std::vector<Linear*> parts = partsOf(mlp);
        std::vector<at::Tensor> values;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            at::Tensor product = parts[i]->weight().detach().to(at::kFloat) * gradients[i];
            values.push_back(m_taylor ? product.abs_() : product.square_());
        }
        return channelSums(values, mlp.down.columns());
    }
    static void accumulate(std::vector<at::Tensor>& sums, const std::vector<at::Tensor>& parts) {
        sums.resize(parts.size());
        for (std::size_t i = 0; i < parts.size(); ++i) addTo(sums[i], parts[i]);
    }

    Decoder m_model;  ///< shares the weights
    bool m_taylor;
    const CalibrationSet& m_calibration;
    std::vector<std::vector<at::Tensor>> m_sums;
};

/// The `count` channels of most importance, ascending.
at::Tensor mostImportant(const at::Tensor& importance, std::int64_t count) {
    const at::Tensor order = at::argsort(importance, /*stable=*/true, 0, /*descending=*/true);
    return std::get<0>(order.narrow(0, 0, count).sort());
}

/// Channels that each layer keeps; rounds count against the reference.
Result<std::vector<std::int64_t>> channelCounts(const Decoder& model, const PruneSpec& spec,
                                                const DenseReference& reference) {
    SKD_CHECK(checkLocked(model.matrixInfos({true, true}), spec.locked));
    Decoder walk = model;
    std::vector<std::int64_t> counts;
    std::vector<bool> held;
    double lockedParameters = 0, freeParameters = 0;
    for (DecoderLayer& layer : walk.layers) {
        const std::vector<Linear*> parts = partsOf(layer.mlp);
        held.push_back(std::any_of(parts.begin(), parts.end(), [&](const Linear* part) {
            return isLocked(part->name(), spec.locked);
        }));
        for (const Linear* part : parts) {
            const auto bias =
                static_cast<double>(part->bias().defined() ? part->bias().numel() : 0);
            (held.back() ? lockedParameters : freeParameters) +=
                static_cast<double>(part->rows() * part->columns());
            // A bias of down belongs to no channel.
            (held.back() || part == &layer.mlp.down ? lockedParameters : freeParameters) += bias;
        }
        counts.push_back(layer.mlp.down.columns());
    }
    const double share =
        ((1 - spec.target) * static_cast<double>(reference.mlpParameters) - lockedParameters) /
        freeParameters;
    if (!(share > 0))
        return fail(ErrorCode::InvalidInput,
                    strCat("\"prune.target\" ", spec.target,
                           " cannot be met with the layers that \"prune.locked\" holds; lower it "
                           "or lock less"));
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (held[i] || share >= 1) continue;
        const auto steps = static_cast<std::int64_t>(std::floor(
            share * static_cast<double>(counts[i]) / static_cast<double>(spec.rankMultiple) +
            1e-9));
        counts[i] = std::min(counts[i], std::max<std::int64_t>(1, steps) * spec.rankMultiple);
    }
    return counts;
}

}  // namespace

Result<std::vector<at::Tensor>> channelImportance(const Decoder& model,
                                                  ChannelImportance importance,
                                                  const CalibrationSet& calibration,
                                                  const RunContext& context) {
    Decoder walk = model;
    for (const Linear* matrix : walk.matrices())
        if (matrix->rank() > 0)
            return fail(ErrorCode::Unsupported,
                        strCat(matrix->name(), " is factored (rank ", matrix->rank(),
                               "); llm-pruner needs dense or masked MLP matrices: begin from a "
                               "model that is not factored"));
    if (scoredPositions(calibration) == 0)
        return fail(
            ErrorCode::InvalidInput,
            "there is no calibration text; raise prune.calibration_tokens or give a longer corpus");
    Importances importances(model, importance, calibration);
    ProgressMeter meter(context, Stage::Prune,
                        static_cast<std::int64_t>(calibration.sequences.size()), "sequences");
    for (const at::Tensor& sequence : calibration.sequences) {
        if (context.cancelled()) return std::vector<at::Tensor>{};
        importances.add(sequence);
        meter.advance(1);
    }
    std::vector<at::Tensor> results;
    for (std::size_t layer = 0; layer < model.layers.size(); ++layer) {
        results.push_back(importances.result(layer));
        SKD_CHECK(
            checkFinite(results.back(),
                        strCat("the loss's gradients in the MLP of layer ", layer,
                               " are not finite; the weights may be damaged, or prune in f32")));
    }
    return results;
}

Result<Json> pruneLlmPruner(Decoder& model, const PruneSpec& spec,
                            const CalibrationSet& calibration, const DenseReference& reference,
                            const RunContext& context) {
    SKD_TRY(const std::vector<std::int64_t> counts, channelCounts(model, spec, reference));
    SKD_TRY(const std::vector<at::Tensor> importance,
            channelImportance(model, spec.importance, calibration, context));
    if (importance.empty()) return Json::object();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] < importance[i].size(0))
            keepChannels(model.layers[i], mostImportant(importance[i], counts[i]));
        model.config.layers[i].intermediateSize = counts[i];
    }
    return Json{{"importance", enumName(spec.importance)},
                {"scope", "the same share of every layer"},
                {"channels", counts}};
}

}  // namespace skd
