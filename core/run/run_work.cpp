#include "run/run_work.h"

#include "base/hash.h"
#include "base/text.h"

namespace skd {

void RunWork::chargeCached(Stage stage, const std::string& key, double seconds) {
    if (spec.distill.budget == 0) return;
    const std::string name = sha256Hex(strCat("cost of ", stageName(stage), " ", key));
    const double known = valueOr(scores.find(name).value_or(Json::object()), "seconds", 0.0);
    if (known > seconds) return state.charge(stage, known - seconds);
    if (const Status saved = scores.put(name, {{"seconds", seconds}}); !saved)
        context.log(log::Level::Warning,
                    "what a stage cost was not kept: " + saved.error().message);
}

Result<OpenModel> RunWork::openStart() const {
    SliceChoice whole;
    if (continuesFactors(spec)) whole.form = SliceForm::Elastic;
    return openModel(spec.model, &paths, whole);
}

Result<OpenModel> RunWork::reopen() const {
    SKD_TRY(OpenModel opened, openStart());
    if (model.identity.config.empty()) opened.identity.config.clear();
    if (opened.identity == model.identity) return opened;
    return fail(ErrorCode::Corrupt,
                strCat("the files of ", spec.model.path,
                       " have changed since the run began; put back what was there and resume the "
                       "run, or start a new one"));
}

Json RunWork::about(std::size_t round, std::int64_t ofStep) const {
    const Json before = model.about.is_object() ? model.about : Json::object();
    // Equal runs leave equal files: how long the score took does not belong to it.
    Json score = denseScore.document;
    if (score.is_object())
        for (const char* timing : {"seconds", "tokens_per_second"}) score.erase(timing);
    Json json{{"model_path", valueOr(before, "model_path", spec.model.path)},
              {"model_sha256", valueOr(before, "model_sha256", model.summary.weightsSha256)},
              {"tokenizer_sha256", model.summary.tokenizerSha256},
              {"dense", dense.toJson()},
              {"dense_score", std::move(score)},
              {"run", context.run.value()},
              {"round", round},
              {"step", ofStep}};
    Json chain = valueOr(before, "chain", Json::array());
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
