#include <gtest/gtest.h>

#include "base/files.h"
#include "spec/run_spec.h"
#include "store/purge.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::TemporaryFolder;

/// A workspace whose runs have a curve in the file and a model in their folder.
class StorePurge : public testing::Test {
protected:
    void SetUp() override {
        m_writer = std::move(*RunWriter::open(m_file));
        m_store = std::move(*RunStore::open(m_file));
    }
    RunId create(const std::string& model = "m", const std::string& teacher = "") {
        RunSpec spec;
        spec.model.path = model;
        spec.teacher.path = teacher;
        const RunId run = *m_writer->createRun("run", toJson(spec), "hash");
        std::vector<MetricRow> rows;
        for (std::int64_t step = 0; step < 2000; ++step) rows.push_back({"kd.loss", step, 1.0, 0});
        m_writer->appendMetrics(run, std::move(rows));
        EXPECT_TRUE(m_writer->markStatus(run, RunStatus::Completed, "", {}));
        std::filesystem::create_directories(m_paths.run(run) / "round-1");
        EXPECT_TRUE(
            writeFileAtomically(m_paths.run(run) / "model.safetensors", std::string(5000, 'x')));
        EXPECT_TRUE(
            writeFileAtomically(m_paths.run(run) / "round-1" / "state", std::string(300, 'y')));
        return run;
    }
    PurgePlan plan() { return *planPurge(*m_store, m_paths); }
    std::vector<std::int64_t> idsOf(const PurgePlan& plan) {
        std::vector<std::int64_t> ids;
        for (const RunRow& run : plan.runs) ids.push_back(run.id.value());
        return ids;
    }

    TemporaryFolder m_folder;
    std::filesystem::path m_file = m_folder / "runs.skd";
    RunPaths m_paths = RunPaths::of(m_file);
    std::unique_ptr<RunWriter> m_writer;
    std::unique_ptr<RunStore> m_store;
};

TEST_F(StorePurge, FreesWhatDeletedRunsTake) {
    const RunId kept = create(), first = create(), second = create();
    EXPECT_TRUE(plan().runs.empty());
    for (const RunId run : {first, second}) ASSERT_TRUE(m_writer->apply(DeleteRun{run}));
    const PurgePlan planned = plan();
    EXPECT_EQ(idsOf(planned), (std::vector{second.value(), first.value()}));
    EXPECT_EQ(planned.folderBytes, 2 * 5300);
    const auto freed = purgeRuns(*m_writer, planned, m_paths);
    ASSERT_TRUE(freed) << freed.error().message;
    EXPECT_GT(*freed, 2 * 5300 + 2 * 2000 * 8) << "the workspace file is smaller by the curves";
    EXPECT_FALSE(std::filesystem::exists(m_paths.run(first)));
    EXPECT_TRUE(std::filesystem::exists(m_paths.run(kept) / "model.safetensors"));
    EXPECT_EQ(m_store->runs(true)->size(), 1u);
    EXPECT_EQ(m_store->series(kept, "kd.loss")->steps.size(), 2000u);
    EXPECT_TRUE(plan().runs.empty());
}

TEST_F(StorePurge, RunsThatOthersAreBuiltOnStay) {
    const RunId start = create(), teacher = create(), alone = create();
    const RunId child = create("run:" + std::to_string(start.value()) + "@40"),
                pupil = create("m", "run:" + std::to_string(teacher.value()));
    for (const RunId run : {start, teacher, alone}) ASSERT_TRUE(m_writer->apply(DeleteRun{run}));
    const PurgePlan planned = plan();
    EXPECT_EQ(idsOf(planned), std::vector{alone.value()});
    EXPECT_EQ(planned.needed,
              (std::vector<std::pair<RunId, RunId>>{{teacher, pupil}, {start, child}}));
    ASSERT_TRUE(purgeRuns(*m_writer, planned, m_paths));
    EXPECT_TRUE(std::filesystem::exists(m_paths.run(start)));
    ASSERT_TRUE(m_writer->apply(RestoreRun{start}));
    for (const RunId run : {child, pupil}) ASSERT_TRUE(m_writer->apply(DeleteRun{run}));
    EXPECT_EQ(idsOf(plan()), (std::vector{pupil.value(), child.value(), teacher.value()}));
}

TEST_F(StorePurge, ARunThatWasRestoredMeanwhileStays) {
    const RunId run = create();
    ASSERT_TRUE(m_writer->apply(DeleteRun{run}));
    const PurgePlan planned = plan();
    ASSERT_TRUE(m_writer->apply(RestoreRun{run}));
    ASSERT_TRUE(purgeRuns(*m_writer, planned, m_paths));
    EXPECT_EQ(m_store->runs()->size(), 1u);
    EXPECT_TRUE(std::filesystem::exists(m_paths.run(run) / "model.safetensors"));
}

}  // namespace
}  // namespace skd
