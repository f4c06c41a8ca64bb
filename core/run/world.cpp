#include "run/world.h"

#include "base/hash.h"
#include "base/text.h"

namespace skd {
namespace {

/// In a run's state.
constexpr const char* kWorldKey = "world";
constexpr std::size_t kShownDigits = 12;

std::string configName(const std::string& whose) {
    return whose + "'s config";
}

Status checkPart(const std::string& name, const std::string& then, const std::string& now) {
    if (then == now) return {};
    return fail(ErrorCode::InvalidInput,
                strCat(name, " changed since this run began (SHA-256 ",
                       then.substr(0, kShownDigits), " then, ", now.substr(0, kShownDigits),
                       " now); put back what was there, or start a new run"));
}

}  // namespace

Status keepParts(RunState& state, const WorldParts& parts) {
    Json world = state.find(kWorldKey).value_or(Json::object());
    const std::size_t known = world.size();
    for (const auto& [name, sha256] : parts) {
        if (sha256.empty()) continue;
        const auto noted = world.find(name);
        if (noted == world.end())
            world[name] = sha256;
        else if (noted->is_string())
            SKD_CHECK(checkPart(name, valueOr(*noted, ""), sha256));
    }
    return world.size() == known ? Status() : state.put(kWorldKey, std::move(world));
}

WorldParts partsOf(const std::string& whose, const ModelIdentity& model) {
    return {{whose + "'s weights", model.weights},
            {configName(whose), model.config},
            {whose + "'s tokeniser", model.tokenizer}};
}

std::string specialTokensSha256(const Tokenizer& tokenizer) {
    const auto text = [](std::optional<TokenId> token) { return token ? strCat(*token) : ""; };
    return sha256Hex(strCat("bos ", text(tokenizer.bos()), " eos ", text(tokenizer.eos())));
}

bool isOfOlderVersion(const RunState& state) {
    if (state.empty()) return false;
    const auto world = state.find(kWorldKey);
    return !world || !world->contains(configName(kOwnModel));
}

}  // namespace skd
