#include "widgets/support/study_workspace.h"

#include <cmath>

#include "base/hash.h"
#include "base/text.h"
#include "spec/study_plan.h"
#include "store/run_writer.h"

namespace skd::test {
namespace {

StudySpec study() {
    StudySpec spec;
    spec.name = "table-demo";
    spec.title = "Recovery at two sparsities";
    spec.seeds = {42, 123};
    spec.base = {{"model.path", "SmolLM2-135M-Instruct"}, {"distill.steps", 40}};
    spec.variants.push_back(
        {"svd-15", {{"prune.target", 0.15}}, {{"post_kd_ppl", 21.06}}, false, true});
    spec.variants.push_back(
        {"svd-35", {{"prune.target", 0.35}}, {{"post_kd_ppl", 24.92}}, false, true});
    spec.table.caption = "Recovery";
    spec.table.models = {"SmolLM2-135M-Instruct"};
    spec.table.rows.push_back({"Dense", "", 0, "", true, 0, {{"dense_ppl", 35.87}}, ""});
    spec.table.rows.push_back({"15 %", "svd-15", 0, "", false, 0, {{"post_kd_ppl", 21.06}}, ""});
    spec.table.rows.push_back({"35 %", "svd-35", 0, "", false, 0, {{"post_kd_ppl", 24.92}}, ""});
    return spec;
}

Status record(RunWriter& writer, const RunSpec& spec, const RunLabels& labels, double post,
              double final) {
    const Json json = toJson(spec);
    SKD_TRY(const RunId run, writer.createRun(spec.name, json, sha256Hex(dumpJson(json)), labels));
    SKD_CHECK(writer.markStarted(run, Json{{"device", "cpu"}, {"threads", 2}}));
    std::vector<MetricRow> rows{{"ppl.dense", 0, 36, 0}};
    for (int step = 0; step <= 40; step += 4)
        rows.push_back(
            {"ppl.live", step, final + (post - final) * std::exp(-step / 8.0), step * 500});
    writer.appendMetrics(run, std::move(rows));
    SKD_CHECK(writer.flush());
    Json rounds = Json::array();
    if (!labels.variant.empty())
        rounds.push_back({{"round", 1},
                          {"mlp_removed", spec.prune.target},
                          {"gate_original_kl", 2 * spec.prune.target},
                          {"gate_original_half_width", 0.05},
                          {"recovered_kl", spec.prune.target},
                          {"recovered_half_width", 0.02},
                          {"post_kd_ppl", final}});
    return writer.markStatus(
        run, RunStatus::Completed, "all steps done",
        readRunSummary({{"rounds", std::move(rounds)},
                        {"dense_ppl", 36.0},
                        {"post_prune_ppl", post},
                        {"post_kd_ppl", final},
                        {"mlp_removed", spec.prune.target},
                        {"parameters_removed", 0.59 * spec.prune.target},
                        {"bytes_removed", 0.55 * spec.prune.target},
                        {"parameters", std::round(134.5e6 * (1 - 0.59 * spec.prune.target))}}));
}

}  // namespace

Status writeStudyWorkspace(const std::filesystem::path& file, int sweep) {
    SKD_TRY(const auto writer, RunWriter::open(file));
    const StudySpec spec = study();
    SKD_TRY(const StudyId id, writer->openStudy(spec.name, toJson(spec), studyHash(spec)));
    SKD_TRY(const StudyPlan plan, planStudy(spec));
    for (const PlannedRun& planned : plan.runs) {
        RunSpec run = planned.spec;
        run.name = strCat(planned.variant, " · seed ", planned.seed);
        const double bad = run.prune.target > 0.2 ? 240 : 63,
                     good = (run.prune.target > 0.2 ? 60 : 40) + (planned.seed == 42 ? 0 : 2);
        SKD_CHECK(record(*writer, run, {id, planned.variant}, bad, good));
    }
    for (int i = 0; i < sweep; ++i) {
        RunSpec run;
        run.name = strCat("sweep ", i);
        run.prune.target = 0.05 * (1 + i % 10);
        run.distill.learningRate = i % 3 == 0 ? 1e-5 : i % 3 == 1 ? 1e-4 : 1e-3;
        run.prune.truncation = i % 2 == 0 ? Truncation::Whitened : Truncation::Plain;
        SKD_CHECK(record(*writer, run, {}, 50 * std::exp(4 * run.prune.target),
                         33 + 40 * run.prune.target + i % 3));
    }
    return {};
}

}  // namespace skd::test
