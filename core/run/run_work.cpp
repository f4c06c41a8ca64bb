#include "run/run_work.h"

namespace skd {

Json RunWork::about(std::size_t round) const {
    const bool continued = model.about.is_object();
    // Equal runs leave equal files: how long the score took does not belong to it.
    Json score = denseScore.document;
    if (score.is_object())
        for (const char* timing : {"seconds", "tokens_per_second"}) score.erase(timing);
    Json json{
        {"model_path",
         continued ? model.about.value("model_path", spec.model.path) : spec.model.path},
        {"model_sha256", continued ? model.about.value("model_sha256", model.summary.weightsSha256)
                                   : model.summary.weightsSha256},
        {"tokenizer_sha256", model.summary.tokenizerSha256},
        {"dense", dense.toJson()},
        {"dense_score", std::move(score)},
        {"run", context.run.value()},
        {"round", round},
        {"step", step}};
    Json chain = continued ? model.about.value("chain", Json::array()) : Json::array();
    chain.push_back({{"run", context.run.value()},
                     {"name", displayName(spec)},
                     {"from", spec.model.path},
                     {"method", methodName(spec.prune)},
                     {"control", enumName(spec.control)},
                     {"teacher", spec.teacher.path.empty() ? "self" : spec.teacher.path}});
    json["chain"] = std::move(chain);
    return json;
}

}  // namespace skd
