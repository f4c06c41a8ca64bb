#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "results/analysis.h"

namespace skd {

/// An analysis as it is stored: a JSON document, and the spectra of all matrices as one block of
/// little-endian float32 compressed by zlib. Each part has its own hash, so that analyses which
/// differ only in their probes share the block.
struct StoredAnalysis {
    std::string document;
    std::string spectra;        ///< compressed
    std::string spectraSha256;  ///< of the uncompressed block
    std::string sha256;         ///< of document and block: the analysis' identity
};

Result<StoredAnalysis> encodeAnalysis(const Analysis& analysis);
/// Corrupt when the parts do not fit together, or to their hash where one is given. Spectra come
/// back rounded to float32.
Result<AnalysisPtr> decodeAnalysis(std::string_view document, std::string_view spectra,
                                   std::string_view sha256 = {});

}  // namespace skd
