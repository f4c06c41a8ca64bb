// Embeddings of one tokeniser that are padded to different numbers of rows, and what is refused
// before the first stage.

#include "core/run/pipeline_fixture.h"
#include "requests/tools.h"

namespace skd::test {
namespace {

class TeacherVocabulary : public PipelineTest {
protected:
    static constexpr std::int64_t kPlain = 8, kPadded = 7;

    void SetUp() override {
        PipelineTest::SetUp();
        RunSpec spec = small();
        spec.model.dtype = DTypeChoice::F32;
        auto model = openModel(spec.model);
        ASSERT_TRUE(model) << model.error().message;
        const Json about{{"model_path", spec.model.path},
                         {"tokenizer_sha256", model->summary.tokenizerSha256},
                         {"step", 0}};
        keep(kPlain, model->decoder, about);
        Decoder padded = model->decoder.clone();
        padded.config.vocabularySize += 21;
        padded.embedding =
            at::cat({padded.embedding, at::full({21, padded.config.hiddenSize}, 0.5)});
        padded.head = padded.embedding;  // it is tied
        keep(kPadded, padded, about);
    }
    void keep(std::int64_t run, const Decoder& model, const Json& about) const {
        const RunModels models(paths.run(RunId(run)));
        std::filesystem::create_directories(models.final().parent_path());
        ASSERT_TRUE(writeDecoder(models.final(), model, about));
    }
    static std::string reference(std::int64_t run) { return strCat("run:", run); }
    static RunSpec taught(std::int64_t by) {
        RunSpec spec = small();
        spec.model.dtype = DTypeChoice::F32;
        spec.teacher.path = reference(by);
        return spec;
    }
    /// Which must come before any other stage than loading.
    std::string refusal(const RunSpec& spec) {
        StoppingSink sink;
        const auto result = run(spec, 50, sink);
        for (const StageStarted& stage : sink.all<StageStarted>())
            EXPECT_EQ(stage.stage, Stage::Load) << stage.detail;
        return result ? "it ran" : result.error().message;
    }
};

TEST_F(TeacherVocabulary, RowsBeyondTheStudentsAreCut) {
    for (const KdLoss loss : {KdLoss::Bucket, KdLoss::Online}) {
        SCOPED_TRACE(enumName(loss));
        const std::int64_t first = loss == KdLoss::Online ? 30 : 20;
        RunSpec plain = taught(kPlain), padded = taught(kPadded);
        plain.distill.loss = padded.distill.loss = loss;
        StoppingSink wanted, got;
        const RunSummary expected = complete(plain, first, wanted).summary;
        const RunSummary summary = complete(padded, first + 1, got).summary;
        for (const auto& [step, kl] : wanted.metric("kd.kl"))
            EXPECT_NEAR(got.metric("kd.kl").at(step), kl, 1e-5);
        EXPECT_NEAR(summary.postKdPpl.value_or(0) / expected.postKdPpl.value_or(1), 1, 1e-4);
        ASSERT_TRUE(summary.lineage.teacher && expected.lineage.teacher);
        EXPECT_GT(summary.lineage.teacher->ppl, expected.lineage.teacher->ppl)
            << "its own perplexity is of all its rows";
    }
}

TEST_F(TeacherVocabulary, AStudentMayHaveMoreRowsForACachedLoss) {
    RunSpec spec = taught(kPlain);
    spec.model.path = reference(kPadded);
    StoppingSink sink;
    EXPECT_TRUE(complete(spec, 40, sink).summary.postKdPpl);
    for (const auto& [step, kl] : sink.metric("kd.kl")) EXPECT_TRUE(std::isfinite(kl)) << step;
    spec.distill.loss = KdLoss::Online;
    const std::string message = refusal(spec);
    EXPECT_NE(message.find("has 1003 embedding rows, the student 1024"), std::string::npos)
        << message;
}

TEST_F(TeacherVocabulary, AnotherTokeniserIsRefusedBeforeTheFirstStage) {
    std::filesystem::copy(modelFixture("workbench"), folder / "teacher");
    const std::string tokenizer = readBytes(folder / "teacher/tokenizer.json");
    folder.write("teacher/tokenizer.json", tokenizer + "\n");
    RunSpec spec = taught(kPlain);
    spec.teacher.path = (folder / "teacher").string();
    EXPECT_NE(refusal(spec).find("has another tokeniser than"), std::string::npos);
    spec.teacher.path = "run:99";
    EXPECT_NE(refusal(spec).find("run 99: it has no final model"), std::string::npos);
}

TEST_F(TeacherVocabulary, ModelsAreComparedOverTheirCommonTokens) {
    RunSpec spec = taught(kPlain);
    ModelRef ref = spec.model;
    ref.path = reference(kPadded);
    const auto report =
        compareToModel(ref, reference(kPlain), spec.eval, paths, RunContext{RunId()});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_NEAR((*report)["kl"].get<double>(), 0, 1e-6);
    EXPECT_NEAR((*report)["ppl_difference"].get<double>(), 0, 1e-2) << "of about 1,000";
}

}  // namespace
}  // namespace skd::test
