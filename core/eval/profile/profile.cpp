#include "eval/profile/profile.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "base/random.h"
#include "base/text.h"
#include "eval/profile/flops.h"
#include "eval/profile/kernel_profiler.h"
#include "eval/profile/profile_summary.h"
#include "eval/random_tokens.h"
#include "model/head_scoring.h"
#include "model/module_scope.h"

namespace skd {
namespace {

constexpr std::uint64_t kTokenStream = 0x70726F66;

Status check(std::span<const Decoder* const> models, const ProfileOptions& options) {
    if (models.empty()) return fail(ErrorCode::InvalidInput, "name at least one model to profile");
    if (options.batch < 1 || options.length < 1 || options.rounds < 1 || options.warmUps < 0)
        return fail(
            ErrorCode::InvalidInput,
            "batch, length and rounds of a profile must be at least 1, warm-ups at least 0");
    for (const Decoder* model : models)
        if (options.length > model->config.maxPositions)
            return fail(ErrorCode::InvalidInput,
                        strCat("the model reads texts of at most ", model->config.maxPositions,
                               " tokens, not ", options.length, "; choose a smaller length"));
    return {};
}

/// What a profile works through, model by model.
struct ProfileWork {
    std::span<const Decoder* const> models;
    const ProfileOptions& options;
    const RunContext& context;
    std::vector<std::vector<ProfileRound>> rounds =
        std::vector<std::vector<ProfileRound>>(models.size());  ///< by model
    std::unique_ptr<KernelProfiler> profiler = makeKernelProfiler(models.front()->device());
    ProgressMeter meter{context, Stage::Evaluate,
                        static_cast<std::int64_t>(models.size()) *
                            (options.rounds + options.warmUps) * options.batch* options.length,
                        "tokens"};
    std::vector<at::Tensor> ids = {};
    bool cancelled = false;

    Status run() {
        const c10::NoGradGuard noGradient;
        const CounterRandom random(context.seed, kTokenStream);
        for (const Decoder* model : models)
            ids.push_back(
                randomTokens({options.batch, options.length}, model->config.vocabularySize, random)
                    .to(model->device()));
        for (std::int64_t i = 0; i < options.warmUps; ++i) SKD_CHECK(round(false));
        for (std::int64_t i = 0; i < options.rounds; ++i) SKD_CHECK(round(true));
        return {};
    }

    ProfileReport report() {
        ProfileReport report;
        report.device = models.front()->device().str();
        report.dtype = models.front()->dtypeName();
        report.method = profiler->method();
        report.threads = at::get_num_threads();
        report.batch = options.batch;
        report.length = options.length;
        report.warmUps = options.warmUps;
        report.cancelled = cancelled;
        report.rounds = static_cast<std::int64_t>(rounds.back().size());
        if (report.rounds > 0)
            for (std::size_t i = 0; i < models.size(); ++i)
                report.models.push_back(modelProfile(i));
        return report;
    }

    Status round(bool keep) {
        for (std::size_t i = 0;
             i < models.size() && !(cancelled = cancelled || context.cancelled()); ++i) {
            SKD_CHECK(profiler->start());
            {
                const ModuleScope outermost(Module::Gap);
                profiledForward(*models[i], ids[i]);
            }
            ProfileRound round = roundOf(profiler->stop());
            if (keep) rounds[i].push_back(std::move(round));
            meter.advance(options.batch * options.length);
        }
        return {};
    }

    ModelProfile modelProfile(std::size_t i) {
        const auto flops = [&](std::size_t model) {
            return forwardFlops(*models[model], options.batch, options.length);
        };
        // A round that was cut short counts for nobody.
        for (auto& own : rounds) own.resize(rounds.back().size());
        const ProfileComparison comparison =
            compareRounds(rounds.front(), rounds[i], flops(0), flops(i));
        ModelProfile profile = summariseRounds(rounds[i], flops(i));
        profile.comparison = comparison;
        profile.parameters = models[i]->parameterCount();
        profile.mlpParameters = models[i]->mlpParameterCount();
        return profile;
    }
};

}  // namespace

void profiledForward(const Decoder& model, const at::Tensor& ids) {
    const at::Tensor hidden = model.hiddenStates(ids);
    visitLogits(hidden.view({-1, hidden.size(-1)}), model.head, kHeadChunk,
                [](std::int64_t, const at::Tensor&) {});
}

Result<ProfileReport> measureProfile(std::span<const Decoder* const> models,
                                     const ProfileOptions& options, const RunContext& context) {
    SKD_CHECK(check(models, options));
    ProfileWork work{models, options, context};
    SKD_CHECK(work.run());
    return work.report();
}

}  // namespace skd
