#pragma once

#include "base/json.h"
#include "base/result.h"
#include "model/config/model_config.h"

namespace skd {

/// A config as our own model files keep it, every field under its own name.
Json toJson(const ModelConfig& config);
/// The reverse. Corrupt where a field is missing, of another type, or out of bounds.
Result<ModelConfig> modelConfigFromJson(const Json& json);

}  // namespace skd
