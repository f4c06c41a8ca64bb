#pragma once

#include "ranks/nested_path.h"
#include "store/run_paths.h"

namespace skd {

/// The path of sizes of an elastic run's final model; reads no weights. NotFound where the run
/// keeps no model, InvalidInput where it is not elastic.
Result<NestedPath> elasticPath(const RunPaths& paths, RunId run);

}  // namespace skd
