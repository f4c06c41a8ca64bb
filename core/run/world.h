#pragma once

#include "library/model_identity.h"
#include "run/scoring.h"
#include "tokenizer/tokenizer.h"

namespace skd {

/// Whose parts are those of the model that a run starts from.
inline constexpr const char* kOwnModel = "the model";

/// A hash by the name that users read.
using WorldParts = NamedValues<std::string>;

/// Notes in a run's state what it begins with, and refuses (InvalidInput, by name) to resume it
/// with anything else: figures of two texts or models would stand beside each other. Parts without
/// a hash, and those that are new, are not compared.
Status keepParts(RunState& state, const WorldParts& parts);

/// A model's weights, config and tokeniser.
WorldParts partsOf(const std::string& whose, const ModelIdentity& model);

/// Of the tokens that begin and end texts. tokenizer_config.json names them, and the tokeniser's
/// own hash is of tokenizer.json.
std::string specialTokensSha256(const Tokenizer& tokenizer);

/// A version up to 0.1 has begun the run: it noted nothing, and knew models by their weights alone.
bool isOfOlderVersion(const RunState& state);

}  // namespace skd
