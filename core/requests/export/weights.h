#pragma once

#include "requests/export/origin.h"

namespace skd {

/// What an export is written with.
struct ExportWork {
    const ExportRequest& request;
    const ExportOrigin& origin;
    const OpenModel& model;  ///< f32
    std::filesystem::path folder;
    std::function<Status()> proceed;  ///< asked before every tensor; fails when cancelled
};

/// Weights, config and tokeniser in the format asked for. Returns the name of the file that holds
/// the weights.
Result<std::string> writeExport(const ExportWork& work);

/// {"factored_matrices", "masked_weights"}: how many of each.
Json prunedCounts(const Decoder& decoder);

/// Of a GGUF file how many matrices are of each type, {"Q4_K": 120, "Q6_K": 21}; else empty.
Json matrixTypes(const Decoder& decoder, const ExportRequest& request);

/// What the weights will take on disk, roughly.
std::uint64_t exportBytes(const OpenModel& model, const ExportRequest& request);

/// The format that keeps most of a model in the program: the family's own classes where they have
/// a place for all of it, else the modelling file; GGUF for llama.cpp.
ExportFormat formatFor(ExportTarget target, const Decoder& decoder);

/// In sentences, what the format keeps or loses of what was pruned; "" where there is nothing to
/// say.
std::string gainOf(const OpenModel& model, const ExportRequest& request);

/// Whether a pruner has changed the model: by its layers, its lineage or its run's figures.
bool isPruned(const ExportOrigin& origin, const Decoder& decoder);

}  // namespace skd
