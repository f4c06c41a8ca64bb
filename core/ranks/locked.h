#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "results/analysis.h"

namespace skd {

/// True when `entry` is `name` or a beginning of it up to a dot.
bool isNamedBy(const std::string& name, const std::string& entry);
/// InvalidInput for the first entry of `field` that names none of `matrices`; says which one is
/// nearest.
Status checkNames(const std::vector<MatrixInfo>& matrices, const std::vector<std::string>& entries,
                  const char* field);

/// True when an entry of `locked` is `name` or a beginning of it up to a dot: "model.layers.1"
/// locks "model.layers.1.mlp.up_proj", not "model.layers.10.mlp.up_proj".
bool isLocked(const std::string& name, const std::vector<std::string>& locked);

/// InvalidInput for the first entry that locks none of `matrices`; says which one is nearest.
Status checkLocked(const std::vector<MatrixInfo>& matrices, const std::vector<std::string>& locked);

}  // namespace skd
