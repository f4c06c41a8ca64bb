#include "base/files.h"
#include "core/run/pipeline_fixture.h"
#include "library/model_source.h"
#include "requests/export/export_tool.h"
#include "run/carving.h"
#include "run/session.h"
#include "simulated_device/device_fixture.h"

/// Whole runs, previews and exports with the simulated device as this program's GPU.
namespace skd::test {
namespace {

class DeviceRun : public PipelineTest {
protected:
    void SetUp() override {
        PipelineTest::SetUp();
        simulated::installDevice();
    }
    static RunSpec spec(DeviceChoice device) {
        RunSpec spec = small();
        spec.model.device = device;
        spec.model.dtype = DTypeChoice::F32;
        return spec;
    }
    const DeviceForTesting entry{
        {"simulated", simulated::device(), KernelSet::Aten, [] { return true; }}};
};

TEST_F(DeviceRun, TheTableDecidesWhatAutoIs) {
    const auto automatic = resolveDevice(DeviceChoice::Auto),
               cpu = resolveDevice(DeviceChoice::Cpu);
    ASSERT_TRUE(automatic && cpu);
    EXPECT_EQ(automatic->device, simulated::device());
    EXPECT_EQ(cpu->device, at::Device(at::kCPU));
    const auto options = loadOptions({.path = "any", .device = DeviceChoice::Auto});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->dtype, at::kBFloat16);
    EXPECT_FALSE(options->computeDtype);
}

TEST_F(DeviceRun, AWholeRunGivesWhatTheCpusGives) {
    const Json expected = toJson(complete(spec(DeviceChoice::Cpu), 1).summary);
    simulated::Recording recording;
    const Json summary = toJson(complete(spec(DeviceChoice::Auto), 2).summary);
    expectNoMoreThanBefore("whole-run", recording.stop());
    EXPECT_EQ(summary["mlp_removed"], expected["mlp_removed"]);
    for (const char* key : {"dense_ppl", "post_prune_ppl", "post_kd_ppl"})
        EXPECT_NEAR(summary[key].get<double>(), expected[key].get<double>(),
                    1e-2 * expected[key].get<double>())
            << key;
}

TEST_F(DeviceRun, AStoppedRunResumesToTheSameModel) {
    const RunSpec given = spec(DeviceChoice::Auto);
    const Json expected = toJson(complete(given, 1).summary);
    // At a checkpoint with steps left, and at the last, about where 0.1.0's cost was taken: its
    // stop was at an event by number, and how many come before depends on time.
    for (const std::int64_t step : {given.distill.checkpointEvery, given.distill.steps}) {
        StoppingSink first;
        first.stopWhen = [&](const Event& event) {
            const auto* saved = std::get_if<CheckpointSaved>(&event);
            return saved != nullptr && saved->step == step;
        };
        const std::int64_t id = 1 + step;
        const auto stopped = run(given, id, first);
        ASSERT_TRUE(stopped) << stopped.error().message;
        ASSERT_NE(stopped->outcome, Outcome::Completed);
        simulated::Recording recording;
        const Json resumed = toJson(complete(given, id).summary);
        const simulated::Ledger ledger = recording.stop();
        if (step == given.distill.steps) expectNoMoreThanBefore("resume", ledger, 0.02);
        for (const char* key : {"dense_ppl", "post_prune_ppl", "post_kd_ppl", "best_step"})
            EXPECT_EQ(resumed[key], expected[key]) << key << " from step " << step;
    }
}

TEST_F(DeviceRun, PreviewsTheSamePerplexity) {
    const auto preview = [&](DeviceChoice device, const char* cache) {
        StoppingSink sink;
        const RunContext context{RunId(), &sink, {}, 42, {}, {}};
        Carving carving(folder / cache);
        carving.open(spec(device), context);
        const std::vector<AnalysisReady> ready = sink.all<AnalysisReady>();
        EXPECT_FALSE(ready.empty());
        if (ready.empty()) return PreviewReady{};
        const bool there = device == DeviceChoice::Auto;
        simulated::Recording recording;
        carving.measure({1, std::vector<std::int64_t>(ready.back().analysis->matrices.size(), 8)},
                        context);
        const simulated::Ledger ledger = recording.stop();
        if (there) expectNoMoreThanBefore("preview", ledger);
        const std::vector<PreviewReady> previews = sink.all<PreviewReady>();
        EXPECT_EQ(previews.size(), 1u);
        return previews.empty() ? PreviewReady{} : previews.back();
    };
    const PreviewReady expected = preview(DeviceChoice::Cpu, "host"),
                       ready = preview(DeviceChoice::Auto, "there");
    EXPECT_GT(expected.perplexity, 1);
    EXPECT_NEAR(ready.perplexity, expected.perplexity, 1e-3 * expected.perplexity);
    EXPECT_NEAR(ready.kl, expected.kl, 1e-2 * expected.kl);
}

TEST_F(DeviceRun, ExportsTheSameFiles) {
    for (const ExportFormat format : {ExportFormat::HfDense, ExportFormat::Gguf}) {
        std::vector<std::string> files;
        for (const DeviceChoice device : {DeviceChoice::Cpu, DeviceChoice::Auto}) {
            ExportRequest request;
            request.model = spec(device).model;
            request.format = format;
            request.type = ExportType::F32;
            request.out = folder / (std::string(enumName(format)) + enumName(device));
            request.check = false;  // a second model; 0.1.0 made none
            simulated::Recording recording;
            const auto record = exportModel(request, {});
            const simulated::Ledger ledger = recording.stop();
            if (device == DeviceChoice::Auto)
                expectNoMoreThanBefore(std::string("export-") + enumName(format), ledger);
            ASSERT_TRUE(record) << record.error().message;
            for (const auto& file : std::filesystem::directory_iterator(request.out))
                if (file.path().extension() == ".safetensors" || file.path().extension() == ".gguf")
                    files.push_back(readFile(file.path()).value());
        }
        ASSERT_EQ(files.size(), 2u);
        EXPECT_TRUE(files[0] == files[1]) << enumName(format);
    }
}

}  // namespace
}  // namespace skd::test
