#include "widgets/support/crowded_workspace.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/hash.h"
#include "base/text.h"
#include "spec/study_plan.h"
#include "store/run_writer.h"
#include "widgets/support/synthetic_profile.h"
#include "widgets/support/synthetic_workspace.h"

namespace skd::test {
namespace {

constexpr double kDense = 35.97;
constexpr const char* kLongModel =
    "an-organisation/A-Very-Long-Model-Name-70B-Instruct-v0.3-preview";
constexpr const char* kLongName =
    "ablation · whitened truncation, tiered ranks, two rounds, cosine schedule, teacher 1.7B · "
    "seed 42";
constexpr std::array kModels{"SmolLM2-135M-Instruct", kLongModel, "Qwen2.5-0.5B",
                             "日本語モデル-7B-指示調整版", "models/a.gguf"};

struct Maker {
    RunWriter& writer;
    const Analysis& analysis;

    Result<RunId> begin(RunSpec spec, const std::string& name, const RunLabels& labels = {}) const {
        spec.name = name;
        const Json json = toJson(spec);
        SKD_TRY(const RunId run, writer.createRun(name, json, sha256Hex(dumpJson(json)), labels));
        SKD_CHECK(writer.markStarted(
            run, Json{{"device", "cuda:0 (NVIDIA H100 80GB HBM3)"}, {"threads", 128}}));
        return run;
    }
    /// One of those that are looked at: with spectra and ranks for Carve.
    Result<RunId> beginOdd(const RunSpec& spec, const std::string& name) const {
        SKD_TRY(const RunId run, begin(spec, name));
        SKD_CHECK(writer.saveAnalysis(run, analysis));
        std::vector<RankRow> ranks;
        for (const MatrixSpectrum& matrix : analysis.matrices)
            ranks.push_back({matrix.info.name, matrix.info.layer.value() % 7 == 0
                                                   ? 0
                                                   : matrix.info.breakEven() * 3 / 4});
        SKD_CHECK(writer.saveRanks(run, ranks));
        return run;
    }
    Status end(RunId run, RunStatus status, const std::string& reason, double post,
               double final) const {
        RunSummary summary;
        summary.densePpl = kDense;
        summary.mlpRemoved = 0.25;
        summary.parametersRemoved = 0.148;
        summary.postPrunePpl = finiteOrNone(post);
        if (status == RunStatus::Completed) summary.postKdPpl = finiteOrNone(final);
        SKD_CHECK(writer.flush());
        return writer.markStatus(run, status, reason, summary);
    }
};

/// Loss curves and, every `every` steps, a perplexity that falls from `from` to `to`.
void appendCurve(RunWriter& writer, RunId run, int first, int steps, int every, double from,
                 double to) {
    std::vector<MetricRow> rows;
    for (int i = 0; i <= steps; ++i) {
        const int step = first + i;
        const double share = steps == 0 ? 1 : static_cast<double>(i) / steps,
                     fall = std::exp(-5 * share);
        const double wave = 0.02 * std::sin(0.7 * step) + 0.015 * std::sin(0.013 * step);
        if (i % every == 0 || i == steps)
            rows.push_back(
                {"ppl.live", step, (to + (from - to) * fall) * (1 + 0.3 * wave), step * 700});
        if (i == 0) continue;
        rows.push_back({"kd.ce", step, 2.9 + fall + wave, step * 700});
        rows.push_back({"kd.kl", step, (0.1 + 0.8 * fall) * (1 + wave), step * 700});
        rows.push_back({"kd.loss", step, 1.6 + fall + wave, step * 700});
        rows.push_back({"kd.lr", step, 5e-5 * (1 - 0.9 * share), step * 700});
        rows.push_back({"kd.grad_norm", step, (0.8 + fall) * (1 + 4 * wave), step * 700});
        if (rows.size() > 50'000) writer.appendMetrics(run, std::exchange(rows, {}));
    }
    writer.appendMetrics(run, std::move(rows));
}

RunSpec specOf(double target, int steps, const char* model = kModels[0]) {
    RunSpec spec;
    spec.model.path = model;
    spec.prune.target = target;
    spec.distill.steps = steps;
    return spec;
}

Status annotate(RunWriter& writer, RunId run, std::int64_t step, const char* text) {
    SKD_TRY([[maybe_unused]] const std::int64_t note,
            writer.apply(Annotate{{{}, run, "ppl.live", step, text, 0}}));
    return {};
}

/// Three rounds; the third one's cut is refused and the run ends with what it had.
Status writeRounds(const Maker& maker) {
    RunSpec spec = specOf(0.3, 60, kLongModel);
    spec.schedule.rounds = {{0.1, 60}, {0.2, 60}, {0.3, 60}};
    SKD_TRY(const RunId run, maker.beginOdd(spec, kLongName));
    RunWriter& writer = maker.writer;
    writer.appendMetrics(run, {{"ppl.dense", 0, kDense, 0},
                               {"ppl.dense_live", 0, 37.4, 0},
                               {"gate.kl", 1, 0.41, 1},
                               {"gate.removed", 1, 0.1, 1},
                               {"ppl.post_prune", 0, 58.1, 1},
                               {"gate.kl", 7, 0.93, 2},
                               {"gate.removed", 7, 0.2, 2},
                               {"ppl.post_prune", 60, 83.5, 2},
                               {"gate.kl", 13, 7.85, 3},
                               {"gate.removed", 13, 0.3, 3}});
    appendCurve(writer, run, 0, 59, 5, 60.2, 39.4);
    appendCurve(writer, run, 60, 60, 5, 86.1, 41.8);
    for (const int step : {20, 40, 60, 80, 100, 120})
        SKD_CHECK(writer.appendEvent(
            run, "checkpoint",
            {{"step", step}, {"path", strCat("checkpoints/", step)}, {"best", step == 120}}));
    for (const auto& [step, text] :
         {std::pair(30, "learning rate looks high"), std::pair(75, "第2ラウンド: 回復が速い"),
          std::pair(100, "هنا يبدأ الاستقرار 🎉")})
        SKD_CHECK(annotate(writer, run, step, text));
    SKD_CHECK(writer.apply(SetTags{run, {"paper", "round-study", "do-not-delete", "tag 7"}}));
    return maker.end(
        run, RunStatus::Completed,
        "round 3 was rolled back: its cut moved the output by 7.85 nats per token, the limit is 6",
        58.1, 41.2);
}

Status writeUnplottable(const Maker& maker) {
    SKD_TRY(const RunId run,
            maker.beginOdd(specOf(0.9, 100), "diverged: NaN and Inf · fp16 without loss scaling"));
    std::vector<MetricRow> rows{{"ppl.dense", 0, kDense, 0}, {"ppl.post_prune", 0, 4.2e6, 0}};
    for (int step = 0; step <= 100; step += 4) {
        const double value = step == 24 || step > 88   ? std::nan("")
                             : step >= 48 && step < 60 ? INFINITY
                                                       : 4.2e6 * std::exp(-step / 9.0) + 800;
        rows.push_back({"ppl.live", step, value, step * 500});
        rows.push_back({"kd.ce", step + 1, step > 84 ? std::nan("") : 3.0, step * 500});
        rows.push_back({"kd.kl", step + 1, std::nan(""), step * 500});
    }
    maker.writer.appendMetrics(run, std::move(rows));
    return maker.end(run, RunStatus::Failed,
                     "the loss is not finite at step 92 (CE nan, KL nan): lower "
                     "distill.learning_rate, or use bf16; the last checkpoint is of step 80",
                     4.2e6, std::nan(""));
}

Status writeLengths(const Maker& maker, const Crowd& crowd) {
    SKD_TRY(const RunId one, maker.beginOdd(specOf(0.15, 1), "one step"));
    appendCurve(maker.writer, one, 0, 1, 1, 1'234'567, 998'877);
    SKD_CHECK(maker.end(one, RunStatus::Completed, "all steps done", 1'234'567, 998'877));
    SKD_TRY(const RunId none, maker.beginOdd(specOf(0.15, 0), "no step at all"));
    SKD_CHECK(maker.end(none, RunStatus::Completed, "nothing to distil", 61.7, std::nan("")));
    SKD_TRY(const RunId many,
            maker.beginOdd(specOf(0.35, crowd.longestCurve), strCat(crowd.longestCurve, " steps")));
    maker.writer.appendMetrics(many,
                               {{"ppl.dense", 0, kDense, 0}, {"ppl.post_prune", 0, 1.9e6, 0}});
    appendCurve(maker.writer, many, 0, crowd.longestCurve, 10, 1.9e6, 39.9);
    return maker.end(many, RunStatus::Completed, "all steps done", 1.9e6, 39.9);
}

Status writeStatuses(const Maker& maker) {
    const std::array names{"剪枝与蒸馏 · 白化截断 · 种子 42",
                           "تقليم النموذج ثم تقطيره · بذرة 7",
                           "🧪🔥 sweep №3 — naïve café ½",
                           "interrupted by a power cut",
                           "stopped by hand",
                           "still going on"};
    const std::array states{RunStatus::Completed,   RunStatus::Completed, RunStatus::Completed,
                            RunStatus::Interrupted, RunStatus::Cancelled, RunStatus::Running};
    for (std::size_t i = 0; i < names.size(); ++i) {
        RunSpec spec = specOf(0.25, 120, kModels[i % kModels.size()]);
        SKD_TRY(const RunId run, maker.beginOdd(spec, names[i]));
        appendCurve(maker.writer, run, 0, 70, 5, 250 + 10.0 * static_cast<double>(i), 45);
        SKD_CHECK(maker.writer.appendEvent(
            run, "checkpoint", {{"step", 40}, {"path", "checkpoints/40"}, {"best", true}}));
        if (states[i] == RunStatus::Running)
            SKD_CHECK(maker.writer.flush());
        else
            SKD_CHECK(maker.end(run, states[i],
                                states[i] == RunStatus::Completed ? "plateau" : "the program ended",
                                250, 45));
    }
    return {};
}

Result<StudyId> openStudy(RunWriter& writer, int number) {
    StudySpec study;
    study.name =
        number == 0
            ? "a-study-with-a-rather-long-name-about-the-truncation-of-attention-projections"
            : strCat("study-", number);
    study.title = strCat("Study ", number, ": recovery against sparsity");
    study.seeds = {42, 123, 7};
    study.variants.push_back({"svd-15", {{"prune.target", 0.15}}, {}, false, true});
    study.variants.push_back({"svd-35", {{"prune.target", 0.35}}, {}, false, true});
    return writer.openStudy(study.name, toJson(study), studyHash(study));
}

Status writeOrdinary(const Maker& maker, const Crowd& crowd) {
    std::vector<StudyId> studies;
    for (int i = 0; i < crowd.studies; ++i) {
        SKD_TRY(studies.emplace_back(), openStudy(maker.writer, i));
    }
    for (int i = 0; i < crowd.runs; ++i) {
        RunSpec spec =
            specOf(0.05 * (1 + i % 12), 20, kModels[static_cast<std::size_t>(i) % kModels.size()]);
        spec.seed = i;
        spec.distill.learningRate = 1e-5 * (1 + i % 9);
        RunLabels labels;
        if (!studies.empty() && i % 3 != 0)
            labels = {studies[static_cast<std::size_t>(i) % studies.size()],
                      i % 2 == 0 ? "svd-15" : "svd-35"};
        SKD_TRY(
            const RunId run,
            maker.begin(
                spec,
                strCat("run ", i,
                       i % 5 == 0 ? " · a name that goes on for longer than the list is wide" : "",
                       " · seed ", 40 + i % 7),
                labels));
        const double post = 40 * std::exp(4.0 * spec.prune.target) + i % 13,
                     final = 37 + 30 * spec.prune.target + i % 11;
        maker.writer.appendMetrics(run, {{"ppl.live", 0, post, 1},
                                         {"ppl.live", 10, std::sqrt(post * final), 2},
                                         {"ppl.live", 20, final, 3}});
        if (crowd.tags > 0 && i % 4 == 0)
            SKD_CHECK(maker.writer.apply(SetTags{run, {strCat("tag ", i % crowd.tags), "common"}}));
        const RunStatus status = i % 31 == 0   ? RunStatus::Failed
                                 : i % 17 == 0 ? RunStatus::Cancelled
                                               : RunStatus::Completed;
        SKD_CHECK(maker.writer.markStatus(
            run, status, status == RunStatus::Completed ? "plateau" : "the disk is full",
            readRunSummary({{"dense_ppl", kDense},
                            {"post_prune_ppl", post},
                            {"post_kd_ppl", final},
                            {"mlp_removed", spec.prune.target},
                            {"parameters_removed", 0.59 * spec.prune.target},
                            {"bytes_removed", 0.55 * spec.prune.target}})));
    }
    return maker.writer.flush();
}

}  // namespace

Status writeCrowdedWorkspace(const std::filesystem::path& file, const Crowd& crowd) {
    auto analysis = std::make_shared<Analysis>(*syntheticAnalysis(30));
    analysis->model.name = analysis->model.path = kLongModel;
    {
        SKD_TRY(const auto writer, RunWriter::open(file));
        const Maker maker{*writer, *analysis};
        SKD_CHECK(writeOrdinary(maker, crowd));
    }
    SKD_CHECK(keepSyntheticMeasurements(file, syntheticProfile(), syntheticBenchmark()));
    SKD_TRY(const auto writer, RunWriter::open(file));
    const Maker maker{*writer, *analysis};
    SKD_CHECK(writeUnplottable(maker));
    SKD_CHECK(writeLengths(maker, crowd));
    SKD_CHECK(writeStatuses(maker));
    return writeRounds(maker);
}

Status writeEmptyWorkspace(const std::filesystem::path& file) {
    SKD_TRY([[maybe_unused]] const auto writer, RunWriter::open(file));
    return {};
}

}  // namespace skd::test
