#include <c10/core/GradMode.h>

#include "base/text.h"
#include "core/distill/distill_fixture.h"
#include "core/distill/refine_fixture.h"
#include "core/prune/direct_fixture.h"
#include "distill/training_step.h"
#include "eval/benchmark.h"
#include "eval/profile/profile.h"
#include "model/files/model_loader.h"
#include "prune/svd/analyse.h"
#include "prune/svd/prune.h"
#include "simulated_device/device_fixture.h"
#include "support/temporary_folder.h"

/// No stage costs more on a device than at 0.1.0: launches, copies, bytes, waits. The others of the
/// table are in device_budget_test.cpp and device_run_test.cpp.
namespace skd::test {
namespace {

using simulated::Recording;

class DeviceCosts : public DeviceTest {
protected:
    static Decoder there(const Decoder& decoder) {
        return decoder.to(simulated::device(), at::kBFloat16);
    }
    OneThread oneThread;
    TemporaryFolder folder;
    CalibrationSet set = tinyCalibration();
};

TEST_F(DeviceCosts, Loading) {
    Recording recording;
    auto model = loadModel(modelFixture("llama"), {at::kBFloat16, simulated::device()});
    const simulated::Ledger ledger = recording.stop();
    ASSERT_TRUE(model) << model.error().message;
    std::int64_t tensors = 0, bytes = 0;
    model->decoder.visitParameters([&](const std::string&, at::Tensor& tensor) {
        ++tensors;
        bytes += static_cast<std::int64_t>(tensor.nbytes());
    });
    expectNoMoreThanBefore("load", ledger);
    EXPECT_EQ(ledger.toDevice.count, tensors);
    EXPECT_EQ(ledger.toDevice.bytes, bytes);
    EXPECT_EQ(ledger.toHost.count, 0);
}

TEST_F(DeviceCosts, PruningByEveryMethod) {
    const Decoder dense = tinyDecoder(9, {.layers = 3});
    for (const PruneMethod method :
         {PruneMethod::Wanda, PruneMethod::Magnitude, PruneMethod::SparseGpt,
          PruneMethod::LlmPruner, PruneMethod::ShortGpt, PruneMethod::SliceGpt}) {
        const Decoder model = there(dense);
        Recording recording;
        (void)pruned(model, pruneSpec(method, 0.4), set);
        expectNoMoreThanBefore(strCat("prune-", enumName(method)), recording.stop());
    }
}

TEST_F(DeviceCosts, AnalysingAndTruncating) {
    Decoder model = there(tinyDecoder(9, {.layers = 3}));
    const PruneSpec spec = pruneSpec(PruneMethod::Svd, 0.3);
    AnalysisInput input;
    input.model.layers = 3;
    input.calibration = input.fisher = set;
    input.probeSequences = {set.sequences.front()};
    Recording analysing;
    const auto analysis = analyse(model, spec, input, SpectrumCache(folder / "spectra"), {});
    expectNoMoreThanBefore("analyse", analysing.stop());
    ASSERT_TRUE(analysis) << analysis.error().message;
    Recording cutting;
    const auto report = prune(model, spec, *analysis, {});
    expectNoMoreThanBefore("prune-svd", cutting.stop());
    ASSERT_TRUE(report) << report.error().message;
}

TEST_F(DeviceCosts, AStepOfEveryLoss) {
    TrainingFixture fixture;
    const Decoder teacher = there(fixture.teacher);
    for (std::size_t i = 0; i < kNames<KdLoss>.size(); ++i) {
        fixture.spec.loss = static_cast<KdLoss>(i);
        const bool online = fixture.spec.loss == KdLoss::Online;
        const TeacherCache cache = online ? TeacherCache() : fixture.cacheForSpec();
        Decoder student = there(trainingStudent(at::kFloat));
        TrainingStep step(student, fixture.corpus,
                          online ? TeacherSignal(teacher, "teacher") : TeacherSignal(cache),
                          fixture.spec);
        Recording recording;
        const auto loss = step.gradients(std::vector<std::int64_t>{0});
        expectNoMoreThanBefore(strCat("kd-", enumName(fixture.spec.loss)), recording.stop());
        ASSERT_TRUE(loss) << loss.error().message;
    }
}

TEST_F(DeviceCosts, RefiningBlocks) {
    RefineFixture refine;
    Decoder student = there(refine.cut()), reference = there(refine.dense);
    Recording recording;
    const auto report = refineBlocks(student, std::move(reference), refine.corpus, refine.spec,
                                     refine.environment, {});
    expectNoMoreThanBefore("refine", recording.stop());
    ASSERT_TRUE(report) << report.error().message;
}

TEST_F(DeviceCosts, BenchmarkAndProfile) {
    const Decoder model = there(tinyDecoder(6));
    Recording timing;
    const auto timed =
        benchmark({{"tiny", model}}, {.batches = {1}, .prompt = 8, .generate = 3, .rounds = 1}, {});
    expectNoMoreThanBefore("benchmark", timing.stop());
    ASSERT_TRUE(timed) << timed.error().message;
    const std::vector<const Decoder*> models{&model};
    Recording profiling;
    const auto profile =
        measureProfile(models, {.batch = 1, .length = 8, .rounds = 1}, RunContext{});
    expectNoMoreThanBefore("profile", profiling.stop());
    ASSERT_TRUE(profile) << profile.error().message;
}

}  // namespace
}  // namespace skd::test
