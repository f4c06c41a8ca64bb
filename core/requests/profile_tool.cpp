#include "requests/profile_tool.h"

#include "base/files.h"
#include "eval/profile/profile.h"
#include "library/model_source.h"
#include "store/measurement_codec.h"

namespace skd {

Result<std::vector<OpenModel>> openAll(const ModelRef& how, const std::vector<std::string>& names,
                                       const RunPaths& runs) {
    setThreads(how.threads);
    std::vector<OpenModel> models;
    for (const std::string& name : names) {
        ModelRef one = how;
        one.path = name;
        SKD_TRY(OpenModel model, openModel(one, &runs));
        models.push_back(std::move(model));
    }
    return models;
}

Result<ProfileReport> profileModels(const ModelRef& ref, const ProfileRequest& request,
                                    const RunPaths& runs, const RunContext& context) {
    SKD_TRY(const std::vector<OpenModel> models, openAll(ref, request.models, runs));
    std::vector<const Decoder*> decoders;
    for (const OpenModel& model : models) decoders.push_back(&model.decoder);
    const ProfileOptions options{request.batch, request.length, request.rounds, request.warmUps};
    SKD_TRY(ProfileReport report, measureProfile(decoders, options, context));
    for (std::size_t i = 0; i < report.models.size(); ++i) {
        report.models[i].name = models[i].summary.name;
        report.models[i].weightsSha256 = models[i].summary.weightsSha256;
    }
    if (!request.trace.empty()) SKD_CHECK(writeFileAtomically(request.trace, chromeTrace(report)));
    return report;
}

Json describeProfile(const ProfileReport& report) {
    Json json = profileJson(report, ProfileDetail::Summary);
    for (std::size_t i = 0; i < report.models.size(); ++i) {
        Json& model = json["models"][i];
        model.erase("timeline");
        for (std::size_t j = 0; j < report.models[i].modules.size(); ++j)
            if (report.models[i].modules[j].flops > 0)
                model["modules"][j]["gflops_per_second"] =
                    report.models[i].modules[j].gflopsPerSecond();
        for (const auto& [bucket, seconds] : report.models[i].paperBuckets())
            model["paper_buckets"][enumName(bucket)] = seconds;
    }
    return json;
}

}  // namespace skd
