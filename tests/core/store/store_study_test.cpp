#include <gtest/gtest.h>

#include "base/files.h"
#include "core/store/raw_database.h"
#include "spec/run_spec.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::RawDatabase;
using test::TemporaryFolder;

/// A workspace as version 1 wrote it.
std::filesystem::path storedVersion1(const TemporaryFolder& folder) {
    const auto file = folder / "v1";
    RawDatabase raw(file);
    raw(*readFile(std::filesystem::path(SKD_FIXTURES) / "workspace" / "v1.sql"));
    return file;
}

TEST(StoreStudy, RunsBelongToTheirStudy) {
    const TemporaryFolder folder;
    const auto writer = std::move(*RunWriter::open(folder / "w"));
    const auto study = writer->openStudy("table-iii", {{"name", "table-iii"}}, "hash");
    ASSERT_TRUE(study) << study.error().message;
    const RunId inside = *writer->createRun("a", toJson(RunSpec()), "s", {*study, "Dense+KD"});
    ASSERT_TRUE(writer->createRun("b", toJson(RunSpec()), "s"));
    const RunId gone = *writer->createRun("c", toJson(RunSpec()), "s", {*study, "Dense+KD"});
    ASSERT_TRUE(writer->markStatus(gone, RunStatus::Failed, "", {}));
    ASSERT_TRUE(writer->apply(DeleteRun{gone}));
    const auto store = std::move(*RunStore::open(folder / "w"));
    const auto runs = store->studyRuns(*study);
    ASSERT_TRUE(runs) << runs.error().message;
    ASSERT_EQ(runs->size(), 1u) << "deleted runs and those of no study are left out";
    EXPECT_EQ(runs->front().row.id, inside);
    EXPECT_EQ(runs->front().row.variant, "Dense+KD");
    EXPECT_EQ(runs->front().row.study, *study);
    EXPECT_EQ(store->runs()->at(0).study, StudyId(0));
    ASSERT_TRUE(writer->apply(RestoreRun{gone}));
    EXPECT_EQ(store->studyRuns(*study)->size(), 2u);
}

TEST(StoreStudy, OpeningAStudyAgainKeepsItAndTakesTheNewSpec) {
    const TemporaryFolder folder;
    const auto writer = std::move(*RunWriter::open(folder / "w"));
    const StudyId first = *writer->openStudy("s", {{"seeds", {1}}}, "hash");
    EXPECT_EQ(*writer->openStudy("s", {{"seeds", {1, 2}}}, "hash"), first);
    const StudyId other = *writer->openStudy("s", {{"scale", 0.5}}, "other hash");
    EXPECT_NE(other, first);
    const auto store = std::move(*RunStore::open(folder / "w"));
    const auto studies = store->studies();
    ASSERT_EQ(studies->size(), 2u);
    EXPECT_EQ(studies->front().id, other) << "newest first";
    EXPECT_EQ(store->study(first)->spec["seeds"].size(), 2u);
    EXPECT_EQ(store->study(StudyId(9)).error().code, ErrorCode::NotFound);
}

TEST(StoreStudy, ARunOfVersion1ChoseByTheEvaluationText) {
    const TemporaryFolder folder;
    const auto store = std::move(*RunStore::open(storedVersion1(folder)));
    const auto details = store->details(RunId(1));
    ASSERT_TRUE(details) << details.error().message;
    EXPECT_EQ(details->spec["eval"]["selection"], "");
    EXPECT_EQ(parseRunSpec(details->spec)->eval.selection, "");
}

TEST(StoreStudy, LineageComesFromTheSpecAndTheSummary) {
    const TemporaryFolder folder;
    const auto writer = std::move(*RunWriter::open(folder / "w"));
    RunSpec spec;
    spec.model.path = "run:3@40";
    const RunId run = *writer->createRun("a", toJson(spec), "s");
    const auto store = std::move(*RunStore::open(folder / "w"));
    EXPECT_EQ(store->details(run)->row.parentRun, RunId(3));
    EXPECT_EQ(store->details(run)->row.parentStep, 40);
    ASSERT_TRUE(
        writer->markStatus(run, RunStatus::Completed, "",
                           readRunSummary({{"lineage", {{"parent_run", 5}, {"parent_step", 7}}}})));
    EXPECT_EQ(store->details(run)->row.parentRun, RunId(5));
    ASSERT_TRUE(writer->setParent(run, RunId(6), 8));
    EXPECT_EQ(store->details(run)->row.parentStep, 8);
    EXPECT_EQ(writer->setParent(RunId(99), RunId(6), 8).error().code, ErrorCode::NotFound);
    spec.model.path = "run:3@42%";
    const RunRow sliced = store->details(*writer->createRun("c", toJson(spec), "s"))->row;
    EXPECT_EQ(sliced.parentRun, RunId(3));
    EXPECT_EQ(sliced.parentStep, 0) << "a size is no step";
    spec.model.path = "runs/model";
    EXPECT_EQ(store->details(*writer->createRun("b", toJson(spec), "s"))->row.parentRun, RunId(0));
}

TEST(StoreStudy, AFileOfVersion1IsReadAsItIs) {
    const TemporaryFolder folder;
    const auto file = storedVersion1(folder);
    const auto store = RunStore::open(file);
    ASSERT_TRUE(store) << store.error().message;
    const auto rows = (*store)->runs();
    ASSERT_TRUE(rows) << rows.error().message;
    ASSERT_EQ(rows->size(), 2u);
    EXPECT_EQ((*rows)[1].densePpl, 35.97);
    EXPECT_EQ((*rows)[1].study, StudyId(0));
    EXPECT_TRUE((*store)->details((*rows)[1].id));
    EXPECT_TRUE((*store)->studies()->empty());
    EXPECT_EQ(RawDatabase{file}("PRAGMA user_version"), "1") << "reading changes nothing";
}

TEST(StoreStudy, AReaderOpenDuringTheMigrationGoesOn) {
    const TemporaryFolder folder;
    const auto file = storedVersion1(folder);
    const auto store = std::move(*RunStore::open(file));
    ASSERT_EQ(store->runs()->size(), 2u);
    const auto writer = RunWriter::open(file);
    ASSERT_TRUE(writer) << writer.error().message;
    EXPECT_TRUE(std::filesystem::exists(file.string() + ".v1.backup"));
    const StudyId study = *(*writer)->openStudy("s", Json::object(), "h");
    ASSERT_TRUE((*writer)->createRun("new", toJson(RunSpec()), "s", {study, "v"}));
    const auto rows = store->runs();
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(rows->at(0).variant, "v");
    EXPECT_EQ(rows->at(2).name, "svd-whitened 15 % · seed 42");
}

}  // namespace
}  // namespace skd
