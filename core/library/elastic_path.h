#pragma once

#include <optional>

#include "ranks/nested_path.h"
#include "results/elastic_summary.h"
#include "store/run_paths.h"

namespace skd {

/// The path of sizes of an elastic run: what its record has, which needs no model; of a run of
/// before, whose record has none, that of its final model, of which no weights are read. Corrupt
/// where the recorded path is damaged or has another SHA-256 than the record, Unsupported where a
/// later version wrote it, NotFound where neither is left, InvalidInput where the run is not
/// elastic.
Result<NestedPath> elasticPath(const RunPaths& paths, RunId run,
                               const std::optional<ElasticSummary>& recorded);

}  // namespace skd
