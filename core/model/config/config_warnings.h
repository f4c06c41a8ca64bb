#pragma once

#include <string>
#include <vector>

#include "model/config/model_config.h"

namespace skd {

/// What `config` (config.json, of a wrapper the text part too) says about the mathematics that
/// `model`, as it was read, does not compute, as the reference implementation does not either:
/// keys of other architectures, the one of two contradicting keys that does not count. One sentence
/// each, for the user.
std::vector<std::string> configWarnings(const Json& config, const ModelConfig& model);
/// The same of a GGUF file's keys.
std::vector<std::string> configWarnings(const GgufFile& file, const ModelConfig& model);

}  // namespace skd
