#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "report/report.h"
#include "report/statistics.h"
#include "spec/model_name.h"
#include "spec/study_scale.h"

namespace skd {
namespace {

std::string nameOfSubject(const std::filesystem::path& path) {
    return path.extension() == ".gguf" ? path.filename().string() : modelName(path);
}

void warnModel(const StudyResults& results, std::vector<std::string>& out) {
    if (results.study.table.models.empty()) return;
    std::set<std::string> others;
    for (const StudyRun& run : results.runs) {
        if (isModelReference(run.spec.model.path)) continue;
        const std::string name = nameOfSubject(run.spec.model.path);
        const auto& known = results.study.table.models;
        // A file of the paper's model carries its name with a suffix (a quantisation, "-Instruct"
        // is another model).
        if (std::none_of(known.begin(), known.end(), [&](const std::string& model) {
                return lower(std::filesystem::path(name).stem().string()) == lower(model) ||
                       lower(name) == lower(model);
            }))
            others.insert(name);
    }
    for (const std::string& name : others)
        out.push_back(strCat("Another model: this is ", name, "; the paper's column belongs to ",
                             results.study.table.models.front(),
                             ". Compare the pattern, not the figures."));
}

void warnScale(const StudyResults& results, std::vector<std::string>& out) {
    if (results.study.scale >= 1) return;
    out.push_back(
        strCat("Scaled to ", results.study.scale, " of the paper's corpus: ", scaleRule(), "."));
}

void warnSeeds(const StudyResults& results, std::vector<std::string>& out) {
    std::set<std::int64_t> seeds;
    for (const StudyRun& run : results.runs)
        if (run.complete()) seeds.insert(run.seed);
    if (seeds.size() == 1 && !isTimedLayout(results.study.table.layout))
        out.push_back(strCat(
            "A single seed (", *seeds.begin(),
            "): nothing is known about the spread; differences of a few percent mean nothing."));
}

void warnRounds(const StudyResults& results, std::vector<std::string>& out) {
    for (const StudyRun& run : results.runs) {
        const std::vector<RoundSummary>& rounds = run.summary.rounds;
        for (std::size_t i = 0; i < rounds.size(); ++i) {
            if (!rounds[i].rolledBack) continue;
            const bool toOriginal = run.spec.schedule.gateReference == KlReference::Original;
            out.push_back(strCat(
                "Round ", i + 1, " of ", run.variant, " (seed ", run.seed,
                ") was rolled back by the stability gate (KL ",
                figureText(valueOrNan(toOriginal ? rounds[i].gateOriginalKl : rounds[i].gateKl)),
                " nats); its row leaves this seed out."));
        }
    }
}

/// Cuts whose target is a share of parameters or layers, and not of time or residual directions.
bool isOfShare(const PruneSpec& prune) {
    if (prune.method == PruneMethod::None || prune.method == PruneMethod::SliceGpt) return false;
    if (prune.method != PruneMethod::Svd) return prune.pattern.empty();
    return prune.cost != PruneCost::Latency && prune.ranks != RankRule::Energy &&
           prune.ranks != RankRule::Explicit && prune.ranks != RankRule::Search;
}

/// Rows of one target that differ in size are no equals.
void warnTargets(const StudyResults& results, std::vector<std::string>& out) {
    constexpr double kNoticed = 0.005;
    for (const StudyRun* first : results.firstRuns()) {
        if (!isOfShare(withControl(first->spec).prune)) continue;
        const std::vector<const StudyRun*> runs = results.complete(first->variant);
        const std::size_t rounds = runs.empty() ? 0 : runs.front()->summary.rounds.size();
        for (std::size_t i = 0; i < rounds; ++i) {
            const auto mean = [&](std::optional<double> RoundSummary::*figure) {
                return over(runs,
                            [&](const RunSummary& summary) -> std::optional<double> {
                                const bool stands =
                                    i < summary.rounds.size() && !summary.rounds[i].rolledBack;
                                return stands ? summary.rounds[i].*figure : std::nullopt;
                            })
                    .mean;
            };
            const double target = mean(&RoundSummary::target),
                         removed = mean(&RoundSummary::targetRemoved);
            if (!(std::fabs(removed - target) > kNoticed)) continue;
            out.push_back(strCat(first->variant, rounds > 1 ? strCat(", round ", i + 1) : "", ": ",
                                 shareText(removed), " removed at a target of ", shareText(target),
                                 removed > target ? " (more" : " (less",
                                 " than asked for: ranks, channels and layers are whole)."));
        }
    }
}

void warnRuns(const StudyResults& results, std::vector<std::string>& out) {
    std::size_t missing = 0;
    for (const StudyRun& run : results.runs) {
        if (run.status == RunStatus::Failed)
            out.push_back(strCat("Failed: ", run.variant, " (seed ", run.seed, "): ", run.error));
        else if (!run.complete())
            ++missing;
        const double final = run.summary.finalPpl();
        if (run.complete() && std::isinf(final))
            out.push_back(strCat(run.variant, " (seed ", run.seed,
                                 ") ended with a perplexity that is not finite; means omit it."));
    }
    if (missing > 0)
        out.push_back(strCat(missing, " of ", results.runs.size(), " runs are not complete yet."));
}

void warnNumbers(const StudyResults& results, std::vector<std::string>& out) {
    std::set<std::string> arithmetic;
    std::set<std::int64_t> threads;
    for (const StudyRun& run : results.runs) {
        arithmetic.insert(recordedArithmetic(toJson(run.spec), run.summary));
        if (run.complete() && run.summary.threads) threads.insert(*run.summary.threads);
    }
    arithmetic.erase("");
    if (arithmetic.size() > 1)
        out.push_back(
            "Runs were computed in bf16 and in f32: up to about 0.1 % of a difference between "
            "their perplexities is rounding.");
    else if (arithmetic.contains("bf16"))
        out.push_back(
            "Weights and activations in bf16, as in the paper: perplexities carry its rounding "
            "(about 0.1 %).");
    if (threads.size() > 1)
        out.push_back(
            "Runs used different numbers of threads: their last bits are not comparable.");
}

}  // namespace

std::vector<std::string> reportWarnings(const StudyResults& results) {
    std::vector<std::string> out;
    warnModel(results, out);
    warnScale(results, out);
    warnSeeds(results, out);
    warnRounds(results, out);
    warnTargets(results, out);
    warnRuns(results, out);
    for (std::string& warning : contradictedControls(results)) out.push_back(std::move(warning));
    warnNumbers(results, out);
    return out;
}

}  // namespace skd
