#pragma once

#include "prune/svd/analyse.h"

/// What stands for a result in the cache of spectra: hashes over all that decides it. A field that
/// came later adds to a key only where it is set, so that results of earlier versions stay in use.
namespace skd {

/// Whether a truncation needs calibration text.
bool needsInputs(Truncation truncation);

/// Of the decompositions of a model's target matrices.
std::string spectrumKey(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input,
                        std::uint64_t seed);
/// Of the probes of these decompositions.
std::string probeKey(const std::string& spectra, const PruneSpec& spec, const AnalysisInput& input);
/// Of the whole output on the probe sequences at given ranks of these decompositions.
std::string outputKey(const std::string& spectra, const AnalysisInput& input);

}  // namespace skd
