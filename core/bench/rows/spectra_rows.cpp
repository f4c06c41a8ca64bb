#include <c10/core/GradMode.h>

#include <cmath>

#include "bench/rows/rows.h"
#include "prune/svd/spectra.h"

namespace skd::bench {
namespace {

/// Singular values and vectors of every MLP matrix; made, or from the cache.
class SpectraRow final : public Row {
public:
    explicit SpectraRow(bool cached) : m_cached(cached) {}

    Status prepare(World& world) override {
        SKD_TRY(m_open, world.model());
        m_world = &world;
        m_spec.truncation = Truncation::Plain;
        m_folder = world.freshPath("spectra");
        if (m_cached) {
            SKD_TRY(m_kept, spectra(m_folder));
        }
        return {};
    }
    void reset() override {
        if (!m_cached) m_folder = m_world->freshPath("spectra");
    }
    Status ours() override {
        SKD_TRY(m_kept, spectra(m_folder));
        return {};
    }
    /// One layer by gesdd, matrix by matrix; of the cached row the spectra made again.
    Status reference() override {
        if (m_cached) {
            SKD_TRY(m_made, spectra(m_world->freshPath("spectra")));
            return {};
        }
        const c10::NoGradGuard noGradient;
        Decoder walk = m_open->decoder;
        const std::vector<Linear*> matrices = walk.matrices();
        for (std::size_t i = 0; i < perLayer(); ++i) {
            const at::Tensor weight = matrices[i]->weight().to(at::kFloat);
            const auto [u, sigma, v] = at::linalg_svd(weight, false);
            m_largest = std::max(m_largest, sigma[0].item<double>());
        }
        return {};
    }
    /// W W^T (or W^T W) and U^T W: what a decomposition by eigenvectors multiplies.
    [[nodiscard]] Work work() const override {
        Work work{.units = 0};
        for (const MatrixInfo& info : m_open->decoder.matrixInfos()) {
            work.units += 1;
            work.amount += 4 * static_cast<double>(info.parameters()) *
                           static_cast<double>(std::min(info.rows, info.columns));
        }
        if (!m_cached) work.referenceUnits = static_cast<double>(perLayer());
        return work;
    }
    [[nodiscard]] Json details() const override { return {{"key", m_kept.key}}; }
    /// The first layer's largest singular value.
    [[nodiscard]] bool agrees() const override {
        if (m_cached) return m_made.entry.plain == m_kept.entry.plain;
        double largest = 0;
        for (std::size_t i = 0; i < perLayer(); ++i)
            largest = std::max(largest, m_kept.entry.plain[i].front());
        return std::abs(largest / m_largest - 1) < 1e-4;
    }

private:
    [[nodiscard]] Result<Spectra> spectra(const std::filesystem::path& folder) const {
        const AnalysisInput input{.model = m_open->summary, .corpusSha256 = "bench"};
        return spectraOf(m_open->decoder, m_spec, input,
                         {SpectrumCache(folder), m_world->context()});
    }
    [[nodiscard]] std::size_t perLayer() const {
        const DecoderLayer& first = m_open->decoder.layers.front();
        return first.mlp.gateUp.isDefined() ? 2 : 3;
    }

    bool m_cached;
    const OpenModel* m_open = nullptr;
    World* m_world = nullptr;
    PruneSpec m_spec;
    std::filesystem::path m_folder;
    Spectra m_kept, m_made;
    double m_largest = 0;
};

}  // namespace

std::vector<RowEntry> spectraRows() {
    const char* bound = "GEMM probe: W W^T and U^T W of each matrix";
    return {{"spectra",
             "decompositions of all MLP matrices, written into the cache",
             "matrices",
             "gesdd, one matrix after the other (of one layer)",
             bound,
             {.elsewhere = "2 x the version before"},
             true,
             rowOf<SpectraRow>(false)},
            {"spectra-cached",
             "the same at a second opening, from the cache",
             "matrices",
             "made again",
             bound,
             {.seconds = 1},
             true,
             rowOf<SpectraRow>(true)}};
}

}  // namespace skd::bench
