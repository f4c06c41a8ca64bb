#include "core/report/invented_study.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace skd::test {
namespace {

StudySpec inventedSpec(const std::vector<std::pair<std::string, Json>>& variants,
                       const Json& more) {
    Json spec{{"name", "invented"},
              {"base",
               {{"model.path", "tiny"},
                {"model.dtype", "bf16"},
                {"prune.target", 0.35},
                {"corpus.sequence_length", 256},
                {"distill.steps", 30},
                {"distill.batch", 4}}},
              {"seeds", {1, 2}},
              {"variants", Json::array()}};
    for (const auto& [name, overrides] : variants)
        spec["variants"].push_back({{"name", name}, {"overrides", overrides}});
    spec.update(more);
    auto study = parseStudySpec(spec);
    if (!study) throw std::runtime_error(study.error().message);
    return std::move(*study);
}

}  // namespace

InventedStudy::InventedStudy(const std::vector<std::pair<std::string, Json>>& variants,
                             const Json& more) {
    results.study = inventedSpec(variants, more);
    const auto plan = planStudy(results.study);
    if (!plan) throw std::runtime_error(plan.error().message);
    for (const PlannedRun& planned : plan->runs) {
        StudyRun& one = results.runs.emplace_back();
        one.variant = planned.variant;
        one.variantIndex = planned.variantIndex;
        one.seed = planned.seed;
        one.spec = planned.spec;
    }
}

StudyRun& InventedStudy::run(const std::string& variant, std::int64_t seed) {
    for (StudyRun& one : results.runs)
        if (one.variant == variant && one.seed == seed) return one;
    throw std::runtime_error("no run " + variant);
}

void InventedStudy::finish(const std::string& variant, std::pair<double, double> ppl, double live) {
    for (const std::int64_t seed : {1, 2}) {
        StudyRun& one = run(variant, seed);
        const double final = seed == 1 ? ppl.first : ppl.second;
        const bool dense = withControl(one.spec).prune.method == PruneMethod::None;
        one.id = RunId(1 + (&one - results.runs.data()));
        one.status = RunStatus::Completed;
        one.summary.protocol = "invented";
        one.summary.densePpl = 36.0;
        one.summary.mlpRemoved = dense ? 0 : 0.35;
        one.summary.postPrunePpl = dense ? 36.0 : 90.0;
        one.summary.postKdPpl = final;
        one.summary.rounds = {{.round = 1}};
        one.summary.rounds[0].postKdPpl = final;
        one.summary.rounds[0].steps = 30;
        if (live > 0) one.live = {{10, 20, 30}, {live + 20, live, live + 1}};
    }
}

void InventedStudy::qualify(const std::string& variant, std::pair<double, double> kl,
                            std::pair<double, double> agreement) {
    for (const std::int64_t seed : {1, 2}) {
        QualitySummary quality;
        quality.final.klToDense = seed == 1 ? kl.first : kl.second;
        quality.final.agreement = seed == 1 ? agreement.first : agreement.second;
        run(variant, seed).summary.quality = quality;
    }
}

BlockSums fourBlocks(double mean, const std::array<double, 4>& offsets) {
    BlockSums blocks{.pages = true};
    for (const double offset : offsets) {
        blocks.values.push_back(100 * (mean + offset));
        blocks.weights.push_back(100);
    }
    return blocks;
}

bool anyContains(const std::vector<std::string>& texts, const std::string& part) {
    return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
        return text.find(part) != std::string::npos;
    });
}

}  // namespace skd::test
