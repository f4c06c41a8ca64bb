// A run of every size: cut, nodes, training, record, and resuming.
#include <algorithm>

#include "base/json.h"
#include "core/run/pipeline_fixture.h"
#include "distill/elastic/elastic_sizes.h"
#include "library/elastic_path.h"
#include "library/model_source.h"
#include "results/elastic_summary.h"

namespace skd::test {
namespace {

class ElasticRunTest : public PipelineTest {
protected:
    static RunSpec elastic() {
        RunSpec spec = small();
        spec.model.dtype = DTypeChoice::F32;
        spec.prune.target = RunSpec().prune.target;
        spec.prune.form = MatrixForm::IdentityBlock;  // the fixture's ranks of 32 and more save so
        spec.elastic.largest = 0.05;
        spec.elastic.smallest = 0.2;
        spec.elastic.nodes = {0.1};
        spec.distill.batch = 4;
        spec.distill.steps = 6;
        spec.distill.average = 0.5;
        spec.schedule.gate = true;
        return spec;
    }
    Result<DecoderFile> finalModel(std::int64_t id) const {
        return RunModels(paths.run(RunId(id))).open({}, {at::kFloat, at::kCPU});
    }
};

TEST_F(ElasticRunTest, MeasuresAndKeepsEverySize) {
    StoppingSink sink;
    const RunSummary summary = complete(elastic(), 1, sink).summary;
    ASSERT_TRUE(summary.elastic);
    const ElasticSummary& sizes = *summary.elastic;
    EXPECT_EQ(sizes.form, "identity-block");
    EXPECT_EQ(sizes.selection, 0.2) << "the nearest to 35 %";
    ASSERT_EQ(sizes.nodes.size(), 3u);
    std::int64_t draws = 0;
    for (const ElasticBin& bin : sizes.draws) draws += bin.draws;
    EXPECT_EQ(draws, 24);
    for (std::size_t i = 0; i < 3; ++i) {
        const ElasticNode& node = sizes.nodes[i];
        const std::string at = metricAt("", node.removed);
        EXPECT_GE(*node.targetRemoved, node.removed);
        if (i > 0) {
            EXPECT_LT(node.parameters, sizes.nodes[i - 1].parameters);
        }
        EXPECT_EQ(sink.metric("ppl.post_prune" + at).begin()->second, node.preKdPpl) << at;
        EXPECT_EQ(sink.metric("ppl.post_kd" + at).begin()->second, node.postKdPpl) << at;
        EXPECT_TRUE(node.selectionPpl) << at;
        EXPECT_FALSE(node.postKdBlocks.values.empty()) << at;
    }
    // What stands for the run is its selection node.
    EXPECT_EQ(summary.postPrunePpl, sizes.nodes[2].preKdPpl);
    EXPECT_EQ(summary.postKdPpl, sizes.nodes[2].postKdPpl);
    EXPECT_EQ(summary.parameters, sizes.nodes[2].parameters);
    EXPECT_EQ(toJson(readRunSummary(toJson(summary))), toJson(summary));
    EXPECT_EQ(readRunSummary(toJson(summary)).elastic->nodes.at(1).postKdPpl,
              sizes.nodes[1].postKdPpl);
    EXPECT_FALSE(toJson(summary)["rounds"][0].contains("elastic"));
}

/// The model's file has what its sizes need, and each gives the figures that were recorded.
TEST_F(ElasticRunTest, ItsFileHoldsThePathAndTheFactors) {
    const RunSummary summary = complete(elastic(), 1).summary;
    auto file = finalModel(1);
    ASSERT_TRUE(file) << file.error().message;
    const auto path = NestedPath::fromJson(memberOf(file->elastic, "path"));
    ASSERT_TRUE(path) << path.error().message;
    EXPECT_EQ(path->sha256(), summary.elastic->pathSha256);
    const auto recorded = readRecord<ElasticSummary>(memberOf(file->elastic, "summary"));
    ASSERT_EQ(recorded.nodes.size(), 3u);
    EXPECT_EQ(recorded.nodes[0].postKdPpl, summary.elastic->nodes[0].postKdPpl);
    EXPECT_EQ(ranksInUse(file->model.decoder), rankCaps(file->model.decoder));
    for (const ElasticNode& node : summary.elastic->nodes) {
        ASSERT_TRUE(useSize(file->model.decoder, *path, node.removed));
        EXPECT_EQ(parametersAs(file->model.decoder, MatrixForm::IdentityBlock), *node.parameters);
    }
}

/// Its record alone shows every size: the path, what models said, and what trained prefixes keep.
TEST_F(ElasticRunTest, TheRecordHasWhatSizesNeedWithoutAModel) {
    RunSpec spec = elastic();
    spec.keep = Keep::Nothing;
    spec.eval.prompts = {"The number seven"};
    spec.eval.answerTokens = 4;
    const RunSummary summary = readRunSummary(toJson(complete(spec, 1).summary));
    EXPECT_FALSE(finalModel(1)) << "nothing is kept";
    const ElasticSummary& sizes = *summary.elastic;
    const auto path = elasticPath(paths, RunId(1), sizes);
    ASSERT_TRUE(path) << path.error().message;
    EXPECT_EQ(path->sha256(), sizes.pathSha256);
    ElasticSummary other = sizes;
    other.pathSha256[0] = other.pathSha256[0] == 'a' ? 'b' : 'a';
    EXPECT_EQ(elasticPath(paths, RunId(1), other).error().code, ErrorCode::Corrupt);
    other = sizes;
    ++other.pathVersion;
    EXPECT_EQ(elasticPath(paths, RunId(1), other).error().code, ErrorCode::Unsupported);
    ASSERT_EQ(summary.answers.size(), 2 + sizes.nodes.size());
    EXPECT_EQ(summary.answers[1].removed, sizes.selection) << "after the cut";
    for (std::size_t i = 0; i < sizes.nodes.size(); ++i)
        EXPECT_EQ(summary.answers[2 + i].removed, sizes.nodes[i].removed);
}

/// What a node is recorded to have said is what its slice says.
TEST_F(ElasticRunTest, EveryNodeAnswersAsItsSlice) {
    RunSpec spec = elastic();
    spec.eval.prompts = {"The number seven"};
    spec.eval.answerTokens = 4;
    const RunSummary summary = complete(spec, 1).summary;
    for (const ElasticNode& node : summary.elastic->nodes) {
        ModelRef ref = spec.model;
        ref.path = RunReference{RunId(1), {}, node.removed}.text();
        const auto model = openModel(ref, &paths);
        ASSERT_TRUE(model) << model.error().message;
        const auto ids = model->tokenizer->encode("The number seven", {.addSpecialTokens = true});
        ASSERT_TRUE(ids);
        std::vector<std::int64_t> all(ids->begin(), ids->end());
        std::vector<TokenId> said;
        const RecordedAnswer& answer = answersAt(summary.answers, node.removed)->answers.at(0);
        for (std::int64_t i = 0; i < answer.tokens; ++i) {
            const at::Tensor logits =
                model->decoder.logits(at::tensor(all, at::kLong).unsqueeze(0));
            all.push_back(logits[0][-1].argmax().item<std::int64_t>());
            said.push_back(static_cast<TokenId>(all.back()));
        }
        EXPECT_EQ(answer.text, model->tokenizer->decode(said, true)) << node.removed;
        EXPECT_EQ(answersAt(summary.answers, node.removed)->removed, node.removed);
    }
}

/// Against the products themselves, in the plain metric.
TEST_F(ElasticRunTest, RecordsWhatTrainedPrefixesKeep) {
    RunSpec spec = elastic();
    spec.prune.truncation = Truncation::Plain;
    const RunSummary summary = complete(spec, 1).summary;
    auto file = finalModel(1);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(summary.elastic->energyMetric, "plain");
    std::size_t compared = 0;
    for (const Linear* matrix : file->model.decoder.matrices()) {
        if (matrix->elastic() == nullptr) continue;
        const auto& all = summary.elastic->energies;
        const auto energy = std::ranges::find(all, matrix->name(), &ElasticEnergy::matrix);
        ASSERT_NE(energy, all.end()) << matrix->name();
        const ElasticWeight& weight = *matrix->elastic();
        const at::Tensor a = weight.a.to(at::kDouble), b = weight.b.to(at::kDouble),
                         whole = at::mm(a.t(), b);
        for (std::size_t i = 0; i < energy->errors.size(); ++i, ++compared) {
            const auto r =
                std::min<std::int64_t>(static_cast<std::int64_t>(i) * energy->grid, weight.cap());
            const at::Tensor left = whole - at::mm(a.narrow(0, 0, r).t(), b.narrow(0, 0, r));
            const double wanted = (left.norm() / whole.norm()).item<double>();
            EXPECT_NEAR(energy->errors[i], wanted, 1e-5 * std::max(wanted, 1e-3));
        }
        EXPECT_EQ(energy->errors.front(), 1);
        EXPECT_EQ(energy->errors.back(), 0);
    }
    EXPECT_GT(compared, 20u);
}

/// A run that continues the factors begins where the first one ended, at every size, and keeps the
/// path.
TEST_F(ElasticRunTest, AnotherRunContinuesItsFactors) {
    const RunSummary first = complete(elastic(), 1).summary;
    RunSpec spec = elastic();
    spec.model.path = "run:1";
    spec.teacher.path = small().model.path;
    spec.prune = {};
    spec.prune.method = PruneMethod::None;
    spec.schedule = {};
    spec.elastic.focus = ElasticFocus::Around;
    spec.elastic.focusAt = 0.1;
    const RunSummary more = complete(spec, 2).summary;
    ASSERT_TRUE(more.elastic);
    EXPECT_EQ(more.elastic->pathSha256, first.elastic->pathSha256);
    EXPECT_EQ(more.lineage.parentRun, 1);
    EXPECT_EQ(more.lineage.chain.size(), 1u) << "the runs before it";
    EXPECT_EQ(more.densePpl, first.densePpl);
    EXPECT_EQ(more.elastic->form, first.elastic->form);
    for (std::size_t i = 0; i < first.elastic->nodes.size(); ++i) {
        const ElasticNode &before = first.elastic->nodes[i], &after = more.elastic->nodes[i];
        EXPECT_EQ(after.preKdPpl, before.postKdPpl) << before.removed;
        EXPECT_NE(after.postKdPpl, before.postKdPpl) << before.removed;
        EXPECT_EQ(after.parameters, before.parameters);
    }
    const auto file = finalModel(2);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_EQ(valueOr(memberOf(file->elastic, "path"), "sha256", ""), first.elastic->pathSha256);
    // Stopped and resumed it is the same.
    StoppingSink stopping;
    stopping.stopAt = 40;
    ASSERT_TRUE(this->run(spec, 3, stopping));
    EXPECT_EQ(toJson(complete(spec, 3).summary)["elastic"], toJson(more)["elastic"]);
    spec.elastic.smallest = 0.3;
    StoppingSink sink;
    const auto wider = this->run(spec, 4, sink);
    ASSERT_FALSE(wider);
    EXPECT_NE(wider.error().message.find("5 to 20"), std::string::npos) << wider.error().message;
}

/// Before training a node is the dedicated cut with its ranks.
TEST_F(ElasticRunTest, BeginsAsTheDedicatedCuts) {
    RunSpec spec = elastic();
    spec.distill.steps = 0;
    const RunSummary whole = complete(spec, 1).summary;
    const auto file = finalModel(1);
    ASSERT_TRUE(file) << file.error().message;
    const auto path = NestedPath::fromJson(memberOf(file->elastic, "path"));
    ASSERT_TRUE(path) << path.error().message;
    for (std::size_t i = 0; i < 3; ++i) {
        const ElasticNode& node = whole.elastic->nodes[i];
        RunSpec dedicated = spec;
        dedicated.elastic = {};
        dedicated.prune.ranks = RankRule::Explicit;
        for (const auto& [name, rank] :
             namedRanks(*path, path->ranksAt(path->prefixAt(node.removed))))
            dedicated.prune.explicitRanks[name] = rank;
        const auto summary = complete(dedicated, 10 + static_cast<std::int64_t>(i)).summary;
        EXPECT_EQ(summary.parameters, node.parameters);
        // As an identity block, and with gemms in another order.
        EXPECT_NEAR(summary.postPrunePpl.value(), node.preKdPpl.value(),
                    1e-4 * node.preKdPpl.value());
    }
}

TEST_F(ElasticRunTest, AGateThatRefusesTheLargestSizeRefusesAll) {
    RunSpec spec = elastic();
    spec.schedule.gateKl = 1e-9;
    spec.schedule.gateAction = GateAction::RaiseRanks;
    const PipelineResult result = complete(spec, 1);
    EXPECT_FALSE(result.summary.elastic);
    EXPECT_TRUE(result.summary.rounds.at(0).rolledBack);
}

TEST_F(ElasticRunTest, StoppedAnywhereAndResumedGivesTheSameModel) {
    StoppingSink whole;
    const RunSummary expected = complete(elastic(), 1, whole).summary;
    const std::string hash = finalModel(1)->model.weightsSha256;
    for (std::size_t stopAt = 2, id = 10; stopAt < whole.events.size();
         stopAt += whole.events.size() / 9 + 1, ++id) {
        const auto run = static_cast<std::int64_t>(id);
        StoppingSink first;
        first.stopAt = stopAt;
        const auto stopped = this->run(elastic(), run, first);
        ASSERT_TRUE(stopped) << stopped.error().message;
        const RunSummary resumed = complete(elastic(), run).summary;
        EXPECT_EQ(toJson(resumed)["elastic"], toJson(expected)["elastic"])
            << "after a stop at event " << stopAt;
        EXPECT_EQ(resumed.postKdPpl, expected.postKdPpl);
        EXPECT_EQ(finalModel(run)->model.weightsSha256, hash) << "after a stop at event " << stopAt;
    }
}

}  // namespace
}  // namespace skd::test
