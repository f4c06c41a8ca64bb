#pragma once

#include "model/config/model_config.h"

namespace skd {

/// What makes a model the model it is: two that are equal in it give the same figures. Weight files
/// alone do not (rms_norm_eps and rope_theta lie beside them).
struct ModelIdentity {
    std::string weights;    ///< SHA-256 of the weight files, or of a run's parameters
    std::string config;     ///< SHA-256 of the config as it was understood; see key()
    std::string tokenizer;  ///< SHA-256

    bool operator==(const ModelIdentity&) const = default;
    /// What stands for the model in keys of caches. Without a config it is the hash of the weights,
    /// as it was in versions up to 0.1: for runs that one of those has begun.
    [[nodiscard]] std::string key() const;
};

/// SHA-256 of a config's canonical JSON.
std::string configSha256(const ModelConfig& config);

}  // namespace skd
