#pragma once

#include <optional>

#include "run/session.h"
#include "store/run_paths.h"

namespace skd {

class PreviewBench;

/// Where the runs of a workspace are: its file, and the folder of its models.
struct RecordedRuns {
    std::filesystem::path workspace;
    RunPaths paths;
};

/// The model that is open for carving, and the measurements of it. Used by the engine thread alone;
/// its tensors end on the thread that made them.
class Carving {
public:
    /// `spectra` is the folder of the cache of spectra; without `runs` no run's model can be
    /// opened.
    explicit Carving(std::filesystem::path spectra, std::optional<RecordedRuns> runs = {})
        : m_spectra(std::move(spectra)), m_runs(std::move(runs)) {}

    /// Opens a model instead of the one before; emits stages, AnalysisReady, or RunFailed. Where
    /// spec.model names an elastic run ("run:12") previews are of its sizes, paired with the model
    /// that the run began with; the analysis is the one that the run recorded, its path the
    /// reference, and everything else of `spec` is the run's own.
    void open(const RunSpec& spec, const RunContext& context);
    /// Emits PreviewReady or PreviewFailed, nothing when cancelled.
    void measure(const PreviewRequest& request, const RunContext& context);
    void close() { m_bench.reset(); }

private:
    std::filesystem::path m_spectra;
    std::optional<RecordedRuns> m_runs;
    std::shared_ptr<PreviewBench> m_bench;
};

}  // namespace skd
