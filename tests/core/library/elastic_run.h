#pragma once

#include "model/decoder.h"
#include "ranks/nested_path.h"
#include "store/run_paths.h"

namespace skd::test {

/// The files of an elastic run whose factors are those of plain SVDs of the model "workbench".
struct ElasticRun {
    NestedPath path;
    Decoder model;  ///< elastic, f32, at its largest size
    Decoder dense;
};
/// Writes them as those of `run`, as a run leaves them: 10 to 60 % of the MLPs' parameters removed,
/// priced as identity blocks; the model after the cut (step 0) is the final one (step 5) with its
/// embedding doubled.
ElasticRun writeElasticRun(const RunPaths& paths, RunId run);

}  // namespace skd::test
