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
class ProfileWork {
public:
    ProfileWork(std::span<const Decoder* const> models, const ProfileOptions& options,
                const RunContext& context)
        : m_models(models),
          m_options(options),
          m_context(context),
          m_rounds(models.size()),
          m_profiler(makeKernelProfiler(models.front()->device())),
          m_meter(context, Stage::Evaluate,
                  static_cast<std::int64_t>(models.size()) * (options.rounds + options.warmUps) *
                      options.batch * options.length,
                  "tokens") {
        const CounterRandom random(context.seed, kTokenStream);
        for (const Decoder* model : models)
            m_ids.push_back(
                randomTokens({options.batch, options.length}, model->config.vocabularySize, random)
                    .to(model->device()));
    }

    Status run() {
        const c10::NoGradGuard noGradient;
        for (std::int64_t i = 0; i < m_options.warmUps; ++i) SKD_CHECK(round(false));
        for (std::int64_t i = 0; i < m_options.rounds; ++i) SKD_CHECK(round(true));
        return {};
    }

    ProfileReport report() {
        ProfileReport report;
        report.device = m_models.front()->device().str();
        report.dtype = m_models.front()->dtypeName();
        report.method = m_profiler->method();
        report.threads = at::get_num_threads();
        report.batch = m_options.batch;
        report.length = m_options.length;
        report.warmUps = m_options.warmUps;
        report.cancelled = m_cancelled;
        report.rounds = static_cast<std::int64_t>(m_rounds.back().size());
        if (report.rounds > 0)
            for (std::size_t i = 0; i < m_models.size(); ++i)
                report.models.push_back(modelProfile(i));
        return report;
    }

private:
    Status round(bool keep) {
        for (std::size_t i = 0;
             i < m_models.size() && !(m_cancelled = m_cancelled || m_context.cancelled()); ++i) {
            SKD_CHECK(m_profiler->start());
            {
                const ModuleScope outermost(Module::Gap);
                profiledForward(*m_models[i], m_ids[i]);
            }
            ProfileRound round = roundOf(m_profiler->stop());
            if (keep) m_rounds[i].push_back(std::move(round));
            m_meter.advance(m_options.batch * m_options.length);
        }
        return {};
    }

    ModelProfile modelProfile(std::size_t i) {
        const auto flops = [&](std::size_t model) {
            return forwardFlops(*m_models[model], m_options.batch, m_options.length);
        };
        // A round that was cut short counts for nobody.
        for (auto& rounds : m_rounds) rounds.resize(m_rounds.back().size());
        const ProfileComparison comparison =
            compareRounds(m_rounds.front(), m_rounds[i], flops(0), flops(i));
        ModelProfile profile = summariseRounds(m_rounds[i], flops(i));
        profile.comparison = comparison;
        profile.parameters = m_models[i]->parameterCount();
        profile.mlpParameters = m_models[i]->mlpParameterCount();
        return profile;
    }

    std::span<const Decoder* const> m_models;
    const ProfileOptions& m_options;
    const RunContext& m_context;
    std::vector<std::vector<ProfileRound>> m_rounds;  ///< by model
    std::unique_ptr<KernelProfiler> m_profiler;
    ProgressMeter m_meter;
    std::vector<at::Tensor> m_ids;
    bool m_cancelled = false;
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
    ProfileWork work(models, options, context);
    SKD_CHECK(work.run());
    return work.report();
}

}  // namespace skd
