#pragma once

#include "library/model_source.h"
#include "requests/export/export_tool.h"

namespace skd {

/// A run of the same study, seed and text that trained the dense model instead of pruning it.
struct TunedDense {
    RunId run;
    std::string control;
    double ppl = 0;
};

/// Where an exported model comes from, as far as it is known.
struct ExportOrigin {
    std::string name;              ///< "SmolLM2-135M-Instruct-run12", of a slice "...-run12-42pc"
    std::string base;              ///< name of the model it was made from
    std::filesystem::path source;  ///< folder or GGUF file of that model: its tokeniser lies there
    std::string licence;           ///< "" = the source does not say
    Json lineage;        ///< runs from the base to this model; null for a model that is no run's
    RunSummary summary;  ///< of the run; empty where none is on record
    Json spec;           ///< of the run
    std::vector<TunedDense> tunedDense;  ///< what its gain has to be held against
    std::optional<SliceRecord> slice;    ///< of an elastic run
};

/// README.md of an export: how the model was made, its size, perplexity with protocol and beside
/// the tuned dense model, speed where it was timed, how to serve it, licence. `record` is the
/// export's own (format, dtype, sizes).
std::string modelCard(const ExportOrigin& origin, const Json& record);

Result<ExportOrigin> exportOrigin(const ExportRequest& request, const OpenModel& model);

}  // namespace skd
