#include "library/model_identity.h"

#include "base/hash.h"
#include "base/text.h"

namespace skd {
namespace {

/// Another way to make keys is another version, and makes the caches again.
constexpr int kIdentityVersion = 1;

}  // namespace

std::string ModelIdentity::key() const {
    if (config.empty()) return weights;
    return sha256Hex(strCat("model ", kIdentityVersion, " ", weights, " ", config, " ", tokenizer));
}

std::string configSha256(const ModelConfig& config) {
    return sha256Hex(dumpJson(toJson(config)));
}

}  // namespace skd
