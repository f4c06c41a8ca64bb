#pragma once

#include "model/files/model_header.h"
#include "study/memory_table.h"

namespace skd {

/// The header of the model that a spec names: a path, a name or a run.
Result<ModelHeader> modelHeaderOf(const std::string& reference, const RunPaths& paths);

DeviceMemory deviceMemory(const RunSpec& spec, const ModelHeader& model);

}  // namespace skd
