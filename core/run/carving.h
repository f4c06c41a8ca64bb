#pragma once

#include "run/session.h"

namespace skd {

class PreviewBench;

/// The model that is open for carving, and the measurements of it. Used by the engine thread alone;
/// its tensors end on the thread that made them.
class Carving {
public:
    /// `spectra` is the folder of the cache of spectra.
    explicit Carving(std::filesystem::path spectra) : m_spectra(std::move(spectra)) {}

    /// Opens a model instead of the one before; emits stages, AnalysisReady, or RunFailed.
    void open(const RunSpec& spec, const RunContext& context);
    /// Emits PreviewReady or PreviewFailed, nothing when cancelled.
    void measure(const PreviewRequest& request, const RunContext& context);
    void close() { m_bench.reset(); }

private:
    std::filesystem::path m_spectra;
    std::shared_ptr<PreviewBench> m_bench;
};

}  // namespace skd
