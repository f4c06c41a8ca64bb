#include "widgets/support/synthetic_workspace.h"

#include <cmath>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "spec/run_spec.h"
#include "store/run_writer.h"

namespace skd::test {

namespace {

constexpr double kDensePpl = 35.97;

struct RecordedRun {
    const char* name;
    std::int64_t seed;
    double target, postPrune, final;
    int steps;
    RunStatus status;
    const char* reason;
};

std::vector<double> spectrum(std::int64_t count, double top, double decay, std::uint64_t stream) {
    const CounterRandom random(7, stream);
    std::vector<double> sigma(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < sigma.size(); ++i) {
        const double x = static_cast<double>(i) / static_cast<double>(count);
        const double spike = 0.9 * std::exp(-static_cast<double>(i) / 2.5);
        const double edge = x > 0.97 ? 1 - (x - 0.97) * 8 : 1;
        sigma[i] = top * (spike + std::exp(-decay * x) * edge) * (1 + 0.0004 * random.uniform(i));
    }
    std::sort(sigma.rbegin(), sigma.rend());
    return sigma;
}

double decayed(double from, double to, double share) {
    return to + (from - to) * std::exp(-4.2 * share);
}

std::vector<MetricRow> curves(const RecordedRun& run) {
    const CounterRandom random(static_cast<std::uint64_t>(run.seed), 3);
    const double liveDense = kDensePpl * 1.04;
    std::vector<MetricRow> rows{{"ppl.dense", 0, kDensePpl, 0},
                                {"ppl.dense_live", 0, liveDense, 0},
                                {"ppl.post_prune", 0, run.postPrune, 0}};
    const int done = run.status == RunStatus::Completed ? run.steps : run.steps * 2 / 3;
    for (int step = 0; step <= done; ++step) {
        const double share = static_cast<double>(step) / run.steps,
                     noise = random.uniform(static_cast<std::uint64_t>(step)) - 0.5;
        if (step % 5 == 0)
            rows.push_back({"ppl.live", step,
                            decayed(run.postPrune, run.final, share) * 1.04 * (1 + 0.008 * noise),
                            step * 900});
        if (step == 0) continue;
        rows.push_back({"kd.ce", step, decayed(3.9, 2.9, share) + 0.25 * noise, step * 900});
        rows.push_back({"kd.kl", step, decayed(0.9, 0.11, share) * (1 + 0.3 * noise), step * 900});
        rows.push_back({"kd.loss", step, decayed(3.2, 1.6, share) + 0.2 * noise, step * 900});
        rows.push_back(
            {"kd.lr", step,
             5e-5 * (share < 0.1 ? share * 10 : 0.5 * (1 + std::cos(M_PI * (share - 0.1) / 0.9))),
             step * 900});
        rows.push_back(
            {"kd.grad_norm", step, decayed(2.4, 0.8, share) * (1 + 0.4 * noise), step * 900});
        rows.push_back({"kd.tokens_per_second", step, 512 + 30 * noise, step * 900});
    }
    return rows;
}

std::vector<RankRow> ranksFor(const Analysis& analysis, double target) {
    std::vector<RankRow> ranks;
    for (const MatrixSpectrum& matrix : analysis.matrices) {
        const double depth = matrix.info.layer.value() / 29.0;
        const double importance =
            0.35 + 1.6 * std::pow(2 * depth - 1, 2) + 0.15 * static_cast<int>(matrix.info.kind);
        const double kept = 1 - target * 1.9 / (0.6 + importance);
        const auto rank =
            static_cast<std::int64_t>(kept * static_cast<double>(matrix.info.breakEven())) / 16 *
            16;
        ranks.push_back(
            {matrix.info.name, importance > 1.55 ? 0 : std::max<std::int64_t>(16, rank)});
    }
    return ranks;
}

Json checkpointNote(RunId run, int step, bool best) {
    return {{"step", step},
            {"path", strCat("checkpoints/", run.value(), "/", best ? "best" : "last")},
            {"best", best}};
}

/// What the models of a run have said: the cut one babbles, the recovered one misses a word.
std::vector<AnswerSet> invented() {
    const auto set = [](const char* stage, std::int64_t round, const char* first,
                        const char* second) {
        return AnswerSet{stage,
                         round,
                         0,
                         42,
                         {{"What is the capital of France?", first, 7, "stop", true},
                          {"Which colour do blue and yellow give?", second, 12, "length", true}}};
    };
    return {set(kDenseAnswers, 0, "The capital of France is Paris.", "Blue and yellow give green"),
            set(kCutAnswers, 1, "The of the of the", "Blue the the the"),
            set(kRecoveredAnswers, 1, "The capital of France is Paris.", "They give a green")};
}

Status writeRun(RunWriter& writer, const Analysis& analysis, const RecordedRun& run) {
    RunSpec spec;
    spec.name = run.name;
    spec.seed = run.seed;
    spec.distill.steps = run.steps;
    spec.prune.target = run.target;
    if (run.target == 0) spec.prune.method = PruneMethod::None;
    const Json json = toJson(spec);
    SKD_TRY(const RunId id, writer.createRun(run.name, json, sha256Hex(dumpJson(json))));
    SKD_CHECK(writer.markStarted(id, Json{{"device", "cpu"}, {"threads", 2}}));
    SKD_CHECK(writer.saveAnalysis(id, analysis));
    if (run.target > 0) SKD_CHECK(writer.saveRanks(id, ranksFor(analysis, run.target)));
    writer.appendMetrics(id, curves(run));
    for (int step = 20; step <= run.steps * 2 / 3; step += 20)
        for (bool best :
             {true, false})  // as the engine does: once as the best so far, once by the clock
            SKD_CHECK(writer.appendEvent(id, "checkpoint", checkpointNote(id, step, best)));
    SKD_CHECK(writer.flush());
    RunSummary summary;
    summary.densePpl = kDensePpl;
    summary.mlpRemoved = run.target;
    summary.parametersRemoved = run.target * 0.592;
    if (run.target > 0) summary.postPrunePpl = run.postPrune;
    if (run.status == RunStatus::Completed) summary.postKdPpl = run.final;
    if (run.target == 0.15 && run.status == RunStatus::Completed) summary.answers = invented();
    return writer.markStatus(id, run.status, run.reason, summary);
}

}  // namespace

AnalysisPtr syntheticAnalysis(int layers, bool withProbes) {
    auto analysis = std::make_shared<Analysis>();
    ModelSummary& model = analysis->model;
    model.name = "SmolLM2-135M-Instruct";
    model.path = "SmolLM2-135M-Instruct";
    model.architecture = "llama";
    model.dtype = "bf16";
    model.hiddenSize = 576, model.intermediateSize = 1536, model.layers = layers,
    model.vocabularySize = 49152;
    model.heads = 9, model.keyValueHeads = 3, model.headDim = 64, model.maxPositions = 8192,
    model.tiedHead = true;
    model.mlpParameters = 3LL * 1536 * 576 * layers;
    model.totalParameters = model.mlpParameters + 49152LL * 576 +
                            layers * (2LL * 576 * 576 + 2LL * 576 * 192 + 1152) + 576;
    model.weightsSha256 = strCat("synthetic-", layers);
    for (int layer = 0; layer < layers; ++layer) {
        const double depth = layers > 1 ? static_cast<double>(layer) / (layers - 1) : 0.5;
        for (MatrixKind kind : {MatrixKind::Gate, MatrixKind::Up, MatrixKind::Down}) {
            const int k = static_cast<int>(kind);
            MatrixSpectrum matrix;
            matrix.info = {strCat("model.layers.", layer, ".mlp.", matrixKindName(kind), "_proj"),
                           LayerIndex(layer), kind, k == 2 ? 576 : 1536, k == 2 ? 1536 : 576};
            const auto stream = static_cast<std::uint64_t>(3) * static_cast<unsigned>(layer) +
                                static_cast<unsigned>(k);
            matrix.plain = spectrum(576, 18 + 4 * depth, 1.9 + 0.4 * k - 0.5 * depth, stream);
            matrix.weighted = spectrum(576, 900 * (1 + 2 * depth),
                                       3.4 + 0.5 * k + 1.4 * std::sin(3.1 * depth), stream + 1000);
            if (withProbes) {
                matrix.probeRank = matrix.info.breakEven() / 2;
                matrix.probeKl = 0.012 + 0.09 * std::pow(2 * depth - 1, 4) +
                                 0.25 * std::exp(-6 * depth) * (k == 1 ? 1.2 : 0.5);
            }
            analysis->matrices.push_back(std::move(matrix));
        }
    }
    analysis->calibrationTokens = 8192;
    analysis->probeTokens = withProbes ? 1024 : 0;
    return analysis;
}

Status writeSyntheticWorkspace(const std::filesystem::path& file, int layers) {
    static constexpr RecordedRun runs[] = {
        {"svd-35 · seed 42", 42, 0.35, 249.2, 61.7, 120, RunStatus::Completed, "plateau"},
        {"dense + CE only", 42, 0.0, 35.97, 29.1, 60, RunStatus::Completed, "all steps done"},
        {"dense + KD", 42, 0.0, 35.97, 30.3, 60, RunStatus::Completed, "all steps done"},
        {"plain svd-15", 42, 0.15, 506747, 378.4, 120, RunStatus::Cancelled, "stopped by hand"},
        {"svd-25 · seed 42", 42, 0.25, 118.6, 48.8, 120, RunStatus::Interrupted,
         "the program ended"},
        {"svd-15 · seed 123", 123, 0.15, 66.1, 41.2, 120, RunStatus::Completed, "plateau"},
        {"svd-15 · seed 42", 42, 0.15, 62.8, 40.1, 120, RunStatus::Completed, "plateau"}};
    SKD_TRY(const std::unique_ptr<RunWriter> writer, RunWriter::open(file));
    const AnalysisPtr analysis = syntheticAnalysis(layers);
    for (const RecordedRun& run : runs) SKD_CHECK(writeRun(*writer, *analysis, run));
    return {};
}

}  // namespace skd::test
