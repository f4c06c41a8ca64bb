#include "prune/svd/load_path.h"

#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "model/head_scoring.h"
#include "prune/svd/channel_analysis.h"

namespace skd {
namespace {

using Hidden = std::vector<at::Tensor>;  ///< per sequence [1, length, width]

Hidden embedAll(const Decoder& model, const std::vector<at::Tensor>& sequences) {
    Hidden hidden;
    for (const at::Tensor& ids : sequences)
        hidden.push_back(model.embed(ids.to(model.device()).unsqueeze(0)));
    return hidden;
}

at::Tensor joinRows(const Decoder& model, const Hidden& hidden) {
    std::vector<at::Tensor> rows;
    for (const at::Tensor& h : hidden) rows.push_back(model.normalise(h)[0]);
    return at::cat(rows, 0);
}

/// Hidden states before every layer, and after the last one.
std::vector<Hidden> layerStates(const Decoder& model, Hidden hidden) {
    std::vector<Hidden> states;
    for (std::size_t layer = 0; layer < model.layers.size(); ++layer) {
        states.push_back(hidden);
        for (at::Tensor& h : hidden) h = model.runLayers(h, layer, layer + 1);
    }
    states.push_back(std::move(hidden));
    return states;
}

/// Runs what follows from a layer on, and compares the output with the dense one.
class Prober {
public:
    Prober(const Decoder& model, const std::vector<at::Tensor>& sequences,
           const ModelOutput* reference = nullptr)
        : m_dense(layerStates(model, embedAll(model, sequences))),
          m_distribution(reference != nullptr ? reference->rows : joinRows(model, m_dense.back()),
                         reference != nullptr ? reference->head : model.head) {}

    /// Keeps the hidden states of the model around the probes.
    double begin(const Decoder& state, bool isDense) {
        m_states = isDense ? m_dense : layerStates(state, m_dense.front());
        return klOf(state, m_states.back());
    }
    double kl(const Decoder& probed, std::size_t layer) const {
        Hidden hidden = m_states[layer];
        for (at::Tensor& h : hidden) h = probed.runLayers(h, layer, probed.layers.size());
        return klOf(probed, hidden);
    }

private:
    double klOf(const Decoder& model, const Hidden& final) const {
        return m_distribution.meanKl(joinRows(model, final), model.head);
    }

    std::vector<Hidden> m_dense, m_states;
    OutputDistribution m_distribution;
};

std::int64_t probeCount(const ProbePlan& plan) {
    std::int64_t count = 0;
    for (const auto& ranks : plan.ranks) count += static_cast<std::int64_t>(ranks.size());
    return count;
}

/// Probe ranks as shares of the break-even rank.
std::vector<double> probeShares(const PruneSpec& spec) {
    static constexpr double kDeep = 0.1, kLowest = 0.25, kHighest = 0.9;
    if (spec.probeLaw == ProbeLaw::Power) return {kDeep, spec.probeFraction};
    std::vector<double> shares;
    const std::int64_t count = spec.probeRanks;
    for (std::int64_t i = 0; i < count; ++i) {
        const double step =
            count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0.5;
        shares.push_back(i == count / 2 ? spec.probeFraction
                                        : kLowest * std::pow(kHighest / kLowest, step));
    }
    return shares;
}

}  // namespace

std::vector<std::vector<std::int64_t>> probeRanks(const Analysis& analysis, const PruneSpec& spec) {
    const std::vector<double> shares = probeShares(spec);
    const std::int64_t multiple = spec.rankMultiple;
    std::vector<std::vector<std::int64_t>> all;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        const MatrixInfo& info = matrix.info;
        const double limit = matrix.currentRank > 0
                                 ? static_cast<double>(matrix.currentRank)
                                 : rankAtParameters(info.form, info.rows, info.columns,
                                                    static_cast<double>(info.parameters()));
        std::set<std::int64_t> ranks;
        for (const double share : shares) {
            const std::int64_t rank =
                std::max(multiple, static_cast<std::int64_t>(std::floor(share * limit)) / multiple *
                                       multiple);
            ranks.insert(
                std::min<std::int64_t>(rank, static_cast<std::int64_t>(matrix.plain.size())));
        }
        all.emplace_back(ranks.begin(), ranks.end());
    }
    return all;
}

Linear::Form formAt(const Linear& matrix, const Decomposition& decomposition, std::int64_t rank) {
    if (rank == 0) return matrix.form();
    const at::Tensor weight = matrix.weight();
    const Factors factors = factorsAt(decomposition, weight, rank);
    return LowRankWeight{factors.a.to(weight.device(), weight.scalar_type()),
                         factors.b.to(weight.device(), weight.scalar_type())};
}

Result<LoadPath> measureLoadPath(const Decoder& model,
                                 const std::vector<Decomposition>& decompositions,
                                 const std::vector<at::Tensor>& sequences, const ProbePlan& plan,
                                 const RunContext& context) {
    const c10::NoGradGuard noGradient;
    Decoder original = model,
            probed = model;  // share the weights; one matrix at a time is replaced
    const std::vector<Linear*> originals = original.matrices(plan.selection),
                               matrices = probed.matrices(plan.selection);
    const std::vector<MatrixInfo> infos = model.matrixInfos(plan.selection);
    for (std::size_t i = 0; i < plan.state.size(); ++i)
        matrices[i]->replace(formAt(*originals[i], decompositions[i], plan.state[i]));
    Prober prober(model, sequences, plan.reference);
    LoadPath path;
    path.stateKl = prober.begin(probed, plan.state.empty());
    ProgressMeter meter(context, Stage::Analyse, probeCount(plan), "probes");
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        const Linear::Form form = matrices[i]->form();
        std::vector<double> measured;
        for (const std::int64_t rank : plan.ranks[i]) {
            if (context.cancelled()) return LoadPath{};
            matrices[i]->replace(formAt(*originals[i], decompositions[i], rank));
            measured.push_back(prober.kl(probed, static_cast<std::size_t>(infos[i].layer.value())));
            if (!std::isfinite(measured.back()))
                return fail(ErrorCode::Numeric, strCat("the probe of ", infos[i].name,
                                                       " gave a KL that is not finite"));
            meter.advance(1);
        }
        matrices[i]->replace(form);
        path.kl.push_back(std::move(measured));
    }
    return path;
}

namespace {

/// One MLP at a time, all of it.
struct MlpProber {
    const Decoder& model;
    const AnalysisResult& analysis;
    const ChannelPlan& plan;
    Decoder probed = model;  ///< shares the weights
    Prober prober =
        Prober(model, analysis.probeSequences, analysis.reference ? &*analysis.reference : nullptr);
    std::vector<Linear*> matrices = probed.matrices(plan.selection);
    std::vector<MatrixInfo> infos = model.matrixInfos(plan.selection);

    /// The layer's MLP matrices all at their ranks.
    double factored(std::size_t layer) {
        for (std::size_t i = 0; i < infos.size(); ++i)
            if (static_cast<std::size_t>(infos[i].layer.value()) == layer &&
                !isAttention(infos[i].kind))
                matrices[i]->replace(
                    formAt(*matrices[i], analysis.decompositions[i], plan.ranks[i]));
        return klAt(layer);
    }
    double narrow(std::size_t layer, std::int64_t width) {
        narrowMlp(probed.layers[layer], analysis.channels[layer], width);
        return klAt(layer);
    }

private:
    double klAt(std::size_t layer) {
        const double kl = prober.kl(probed, layer);
        probed.layers[layer] = model.layers[layer];
        return kl;
    }
};

}  // namespace

Result<SpectrumCache::Probes> measureChannels(const Decoder& model, const AnalysisResult& analysis,
                                              const ChannelPlan& plan, const RunContext& context) {
    const c10::NoGradGuard noGradient;
    MlpProber mlps{model, analysis, plan};
    // As a probe of a matrix, each says what its cut adds.
    const double state = mlps.prober.begin(model, true), already = analysis.reference ? state : 0;
    std::int64_t count = 0;
    for (const auto& widths : plan.widths) count += static_cast<std::int64_t>(widths.size()) + 1;
    ProgressMeter meter(context, Stage::Analyse, count, "probes");
    SpectrumCache::Probes probes(plan.layers.size());
    for (std::size_t i = 0; i < probes.size(); ++i) {
        std::vector<std::int64_t> widths{0};
        widths.insert(widths.end(), plan.widths[i].begin(), plan.widths[i].end());
        for (const std::int64_t width : widths) {
            if (context.cancelled()) return SpectrumCache::Probes{};
            const std::size_t layer = plan.layers[i];
            const double kl = width == 0 ? mlps.factored(layer) : mlps.narrow(layer, width);
            if (!std::isfinite(kl))
                return fail(ErrorCode::Numeric, strCat("the probe of the MLP of layer ", layer,
                                                       " gave a KL that is not finite"));
            probes[i].push_back({width, kl - already});
            meter.advance(1);
        }
    }
    return probes;
}

}  // namespace skd
