#include <c10/core/GradMode.h>

#include <cmath>

#include "bench/flops.h"
#include "bench/rows/rows.h"
#include "model/head_scoring.h"
#include "prune/svd/load_path.h"

namespace skd::bench {
namespace {

/// One probe in each of some layers that lie evenly in the model.
class ProbeRow final : public Row {
public:
    Status prepare(World& world) override {
        SKD_TRY(const OpenModel* open, world.model());
        m_model = &open->decoder;
        m_world = &world;
        m_length = std::min(world.size(512, 16), m_model->config.maxPositions);
        SKD_TRY(const std::vector<TokenId> ids, world.ids(m_length));
        m_sequences = {at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), at::kLong)};
        Decoder walk = *m_model;
        const std::vector<Linear*> matrices = walk.matrices();
        const std::vector<MatrixInfo> infos = m_model->matrixInfos();
        m_decompositions.resize(infos.size());
        m_plan.ranks.resize(infos.size());
        for (const std::size_t layer : probedLayers())
            for (std::size_t i = 0; i < infos.size(); ++i) {
                if (infos[i].kind != MatrixKind::Down ||
                    static_cast<std::size_t>(infos[i].layer.value()) != layer)
                    continue;
                SKD_TRY(m_decompositions[i], decompose(*matrices[i], {}));
                m_plan.ranks[i] = {std::max<std::int64_t>(1, infos[i].breakEven() / 2)};
            }
        return {};
    }
    Status ours() override {
        SKD_TRY(m_ours, measureLoadPath(*m_model, m_decompositions, m_sequences, m_plan,
                                        m_world->context()));
        return {};
    }
    /// The whole model for each, and once for what divergences are measured from.
    Status reference() override {
        const c10::NoGradGuard noGradient;
        const at::Tensor ids = m_sequences.front().unsqueeze(0);
        const OutputDistribution dense(m_model->hiddenStates(ids)[0], m_model->head);
        m_reference.assign(m_plan.ranks.size(), {});
        for (std::size_t i = 0; i < m_plan.ranks.size(); ++i)
            for (const std::int64_t rank : m_plan.ranks[i]) {
                Decoder probed = *m_model;
                Linear* matrix = probed.matrices()[i];
                matrix->replace(formAt(*matrix, m_decompositions[i], rank));
                m_reference[i].push_back(dense.meanKl(probed.hiddenStates(ids)[0], probed.head));
            }
        return {};
    }
    /// The whole model once, then of each probe its layer, those behind it and the head.
    [[nodiscard]] Work work() const override {
        const std::size_t layers = m_model->layers.size();
        const double head = headFlops(*m_model, m_length);
        Work work{.units = static_cast<double>(probedLayers().size()),
                  .amount = layerFlops(*m_model, 1, m_length) + head};
        for (const std::size_t layer : probedLayers())
            work.amount += layerFlops(*m_model, m_length, layer, layers) + head;
        return work;
    }
    [[nodiscard]] Json details() const override {
        return {{"probes", probedLayers().size()}, {"tokens", m_length}};
    }
    [[nodiscard]] bool agrees() const override {
        for (std::size_t i = 0; i < m_reference.size(); ++i)
            for (std::size_t j = 0; j < m_reference[i].size(); ++j)
                if (std::abs(m_ours.kl[i][j] - m_reference[i][j]) > 1e-6 + 1e-3 * m_reference[i][j])
                    return false;
        return true;
    }

private:
    [[nodiscard]] std::vector<std::size_t> probedLayers() const {
        const std::size_t layers = m_model->layers.size(), count = std::min<std::size_t>(6, layers);
        std::vector<std::size_t> chosen;
        for (std::size_t i = 0; i < count; ++i)
            chosen.push_back((2 * i + 1) * layers / (2 * count));
        return chosen;
    }

    World* m_world = nullptr;
    const Decoder* m_model = nullptr;
    std::int64_t m_length = 0;
    std::vector<at::Tensor> m_sequences;
    std::vector<Decomposition> m_decompositions;
    ProbePlan m_plan;
    LoadPath m_ours;
    std::vector<std::vector<double>> m_reference;
};

}  // namespace

std::vector<RowEntry> probeRows() {
    return {{"probes",
             "KL of one cut matrix in each of 6 layers, 512 tokens",
             "probes",
             "the whole model for each probe",
             "GEMM probe: the layers from the probed one on",
             {.ratio = 1.8},
             true,
             rowOf<ProbeRow>()}};
}

}  // namespace skd::bench
