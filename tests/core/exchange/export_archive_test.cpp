#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>

#include "base/files.h"
#include "base/text.h"
#include "core/store/raw_database.h"
#include "exchange/run_archive.h"
#include "exchange/runs_tool.h"
#include "results/analysis.h"
#include "spec/run_spec.h"
#include "store/migrations.h"
#include "store/run_paths.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "store/schema_check.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

class ExportArchive : public testing::Test {
protected:
    void SetUp() override {
        const auto writer = RunWriter::open(from);
        ASSERT_TRUE(writer) << writer.error().message;
        const StudyId study = *(*writer)->openStudy("table", Json{{"a", 1}}, "study hash");
        parent = add(**writer, "parent", {});
        child = add(**writer, "child", {study, "svd"});
        other = add(**writer, "other", {});
        ASSERT_TRUE((*writer)->setParent(child, parent, 40));
        ASSERT_TRUE((*writer)->apply(SetTags{child, {"paper", "best"}}));
        ASSERT_TRUE((*writer)->apply(SetColor{child, "#336699"}));
        ASSERT_TRUE((*writer)->apply(Annotate{{{}, child, "kd.ce", 12, "a bend", 77}}));
        ASSERT_TRUE((*writer)->saveAnalysis(child, analysis()));
    }

    static RunId add(RunWriter& writer, const std::string& name, const RunLabels& labels) {
        const RunId run = *writer.createRun(name, toJson(RunSpec()), "hash of " + name, labels);
        EXPECT_TRUE(writer.markStarted(run, Json{{"threads", 2}}));
        std::vector<MetricRow> rows;
        for (std::int64_t step = 0; step < 300; ++step)
            rows.push_back({"kd.ce", step, std::sin(static_cast<double>(step)), 1000 + step});
        rows.push_back({"ppl.live", 7, NAN, 5});
        rows.push_back({"ppl.live", 8, INFINITY, 6});
        writer.appendMetrics(run, rows);
        EXPECT_TRUE(writer.saveRanks(
            run, {{"model.layers.0.mlp.up_proj", 12}, {"model.layers.0.mlp.down_proj", 0}}));
        EXPECT_TRUE(writer.appendEvent(run, "checkpoint", Json{{"step", 3}, {"file", name}}));
        EXPECT_TRUE(
            writer.markStatus(run, RunStatus::Completed, "steps",
                              readRunSummary({{"dense_ppl", 20.5}, {"post_kd_ppl", 22.25}})));
        return run;
    }

    static Analysis analysis() {
        Analysis a;
        a.model.name = "m";
        MatrixSpectrum spectrum;
        spectrum.info = {"model.layers.0.mlp.up_proj", LayerIndex(0), MatrixKind::Up, 4, 3};
        spectrum.plain = {3, 2, 1};
        a.matrices.push_back(spectrum);
        return a;
    }

    ArchiveRequest request(std::vector<RunId> runs) const {
        return {from, std::move(runs), folder / "runs.skdruns", false, {}};
    }

    /// Everything that is on record of a run but its number and origin.
    static Json recordOf(const fs::path& workspace, RunId run) {
        const auto store = RunStore::open(workspace);
        const RunDetails d = *(*store)->details(run);
        Json json{{"name", d.row.name},
                  {"status", runStatusName(d.row.status)},
                  {"seed", d.row.seed},
                  {"created", d.row.createdMs},
                  {"started", d.row.startedMs},
                  {"finished", d.row.finishedMs},
                  {"dense", d.row.densePpl},
                  {"kd", d.row.postKdPpl},
                  {"reason", d.row.stopReason},
                  {"variant", d.row.variant},
                  {"parent_step", d.row.parentStep},
                  {"tags", d.row.tags},
                  {"color", d.row.color},
                  {"spec", d.spec},
                  {"sha", d.specSha256},
                  {"summary", toJson(d.summary)},
                  {"threads", d.environment["threads"]}};
        const auto metrics = (*store)->metrics(run);
        const auto ranks = (*store)->ranks(run);
        const auto events = (*store)->events(run);
        const auto notes = (*store)->annotations(run);
        for (const MetricRow& row : *metrics)
            json["metrics"].push_back(
                {row.name, row.step, formatNumber(row.value, 17), row.timeMs});
        for (const RankRow& row : *ranks) json["ranks"].push_back({row.matrix, row.rank});
        for (const EventRow& row : *events)
            json["events"].push_back({row.timeMs, row.kind, row.data});
        for (const AnnotationRow& row : *notes)
            json["annotations"].push_back({row.metric, row.step, row.text, row.createdMs});
        return json;
    }

    const TemporaryFolder folder;
    const fs::path from = folder / "a.sqlite", to = folder / "b.sqlite";
    RunId parent, child, other;
};

TEST_F(ExportArchive, EveryRecordArrivesUnderANewNumber) {
    {
        const auto writer = RunWriter::open(to);
        add(**writer, "already here", {});
    }
    ASSERT_TRUE(writeArchive(request({child, parent})));
    const auto taken = importArchive(to, folder / "runs.skdruns");
    ASSERT_TRUE(taken) << taken.error().message;
    ASSERT_EQ(taken->imported.size(), 2u);
    EXPECT_TRUE(taken->known.empty());
    for (const ArchiveImport::Entry& entry : taken->imported) {
        EXPECT_GT(entry.run.value(), 1);
        EXPECT_EQ(recordOf(to, entry.run), recordOf(from, entry.source));
        EXPECT_EQ(recordOf(to, entry.run)["metrics"].size(), 302u);
    }
    const auto store = RunStore::open(to);
    const RunDetails copy = *(*store)->details(taken->imported[1].run);
    EXPECT_EQ(copy.row.name, "child");
    EXPECT_EQ(copy.row.parentRun, taken->imported[0].run);
    EXPECT_EQ(copy.environment["origin"]["run"], child.value());
    EXPECT_EQ((*store)->study(copy.row.study)->name, "table");
    const auto spectra = (*store)->analysis(copy.row.id);
    ASSERT_TRUE(spectra) << spectra.error().message;
    EXPECT_EQ((*spectra)->matrices.front().plain, analysis().matrices.front().plain);
}

TEST_F(ExportArchive, ASecondImportTakesNothing) {
    ASSERT_TRUE(writeArchive(request({parent})));
    ASSERT_TRUE(importArchive(to, folder / "runs.skdruns"));
    const auto again = importArchive(to, folder / "runs.skdruns");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->imported.empty());
    ASSERT_EQ(again->known.size(), 1u);
    EXPECT_EQ(again->known.front().run, RunId(1));
    // A later file with one more run brings that one, below the parent that is here.
    ArchiveRequest more = request({parent, child});
    more.replace = true;
    ASSERT_TRUE(writeArchive(more));
    const auto later = importArchive(to, folder / "runs.skdruns");
    ASSERT_EQ(later->imported.size(), 1u);
    EXPECT_EQ((*RunStore::open(to))->details(later->imported.front().run)->row.parentRun, RunId(1));
    EXPECT_EQ(importArchive(from, folder / "runs.skdruns")->imported.size(), 0u)
        << "nor where they come from";
}

TEST_F(ExportArchive, ACopyOfACopyIsKnown) {
    ASSERT_TRUE(writeArchive(request({parent})));
    ASSERT_TRUE(importArchive(to, folder / "runs.skdruns"));
    ASSERT_TRUE(writeArchive({to, {RunId(1)}, folder / "second.skdruns", false, {}}));
    EXPECT_TRUE(importArchive(from, folder / "second.skdruns")->imported.empty());
}

TEST_F(ExportArchive, FilesTravelAndAreCompared) {
    std::string bytes(100'000, 'x');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i >> 3);
    ASSERT_TRUE(writeFileAtomically(folder / "model.safetensors", bytes));
    ArchiveRequest with = request({parent});
    with.files[parent.value()].push_back({"model.safetensors", folder / "model.safetensors"});
    ASSERT_TRUE(writeArchive(with));
    const auto names = restoreFiles(with.out, parent, folder / "restored");
    ASSERT_TRUE(names) << names.error().message;
    EXPECT_EQ(*names, std::vector<std::string>{"model.safetensors"});
    EXPECT_EQ(readFile(folder / "restored/model.safetensors"), bytes);
    RawDatabase(with.out)("UPDATE archive_files SET sha256 = 'no'");
    EXPECT_EQ(restoreFiles(with.out, parent, folder / "again").error().code, ErrorCode::Corrupt);
    EXPECT_FALSE(fs::exists(folder / "again/model.safetensors"));
    RawDatabase(with.out)("UPDATE archive_files SET name = '../out'");
    EXPECT_EQ(restoreFiles(with.out, parent, folder / "again").error().code, ErrorCode::Corrupt);
}

/// A damaged model costs nothing but itself: the intact archive is taken afterwards.
TEST_F(ExportArchive, ADamagedFileLeavesTheWorkspaceAsItWas) {
    ASSERT_TRUE(writeFileAtomically(folder / "model.safetensors", "the model"));
    ArchiveRequest with = request({parent, child});
    with.files[child.value()].push_back({"model.safetensors", folder / "model.safetensors"});
    ASSERT_TRUE(writeArchive(with));
    const fs::path damaged = folder / "damaged.skdruns";
    fs::copy_file(with.out, damaged);
    RawDatabase{damaged}("UPDATE archive_parts SET data = CAST('tHe model' AS BLOB)");
    EXPECT_EQ(importArchive(to, damaged).error().code, ErrorCode::Corrupt);
    EXPECT_TRUE((*RunStore::open(to))->runs(true)->empty());
    EXPECT_FALSE(fs::exists(RunPaths::of(to).cache / "import"));
    const auto taken = importArchive(to, with.out);
    ASSERT_TRUE(taken) << taken.error().message;
    ASSERT_EQ(taken->imported.size(), 2u);
    ASSERT_EQ(taken->weights, std::vector<RunId>{taken->imported[1].run});
    EXPECT_EQ(readFile(RunFolder(RunPaths::of(to).run(taken->weights[0])).final()), "the model");
    EXPECT_FALSE(fs::exists(RunPaths::of(to).cache / "import"));
}

/// What a kill between a run and its files leaves, and what a user's clean-up leaves.
TEST_F(ExportArchive, AKnownRunTakesTheFilesThatItLacks) {
    ASSERT_TRUE(writeFileAtomically(folder / "model.safetensors", "the model"));
    ArchiveRequest with = request({parent});
    with.files[parent.value()].push_back({"model.safetensors", folder / "model.safetensors"});
    ASSERT_TRUE(writeArchive(with));
    ASSERT_TRUE(importArchive(to, with.out));
    const fs::path model = RunFolder(RunPaths::of(to).run(RunId(1))).final();
    ASSERT_TRUE(fs::remove(model));
    ASSERT_TRUE(fs::create_directories(RunPaths::of(to).cache / "import/1"));
    ASSERT_TRUE(writeFileAtomically(RunPaths::of(to).cache / "import/1/left.safetensors", "x"));
    const auto again = importRuns(to, with.out, ImportFormat::Archive);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE((*again)["imported"].empty());
    EXPECT_EQ((*again)["weights"], Json::array({1}));
    EXPECT_EQ(readFile(model), "the model");
    EXPECT_FALSE(fs::exists(model.parent_path() / "left.safetensors")) << "of another import";
    ASSERT_TRUE(writeFileAtomically(model, "another"));
    EXPECT_EQ(importRuns(to, with.out, ImportFormat::Archive).error().code,
              ErrorCode::InvalidInput);
    EXPECT_EQ(readFile(model), "another") << "what is there stays";
    EXPECT_EQ((*RunStore::open(to))->runs(true)->size(), 1u);
    EXPECT_EQ(importArchive(from, with.out)->weights, std::vector<RunId>{parent})
        << "nor needs it be a copy";
}

/// Whichever write fails: nothing is there, or what is missing comes with the next import.
TEST_F(ExportArchive, AnImportThatFailsAnywhereIsMadeGoodByTheNext) {
    ASSERT_TRUE(writeFileAtomically(folder / "model.safetensors", "the model"));
    ArchiveRequest with = request({parent});
    with.files[parent.value()].push_back({"model.safetensors", folder / "model.safetensors"});
    ASSERT_TRUE(writeArchive(with));
    ASSERT_TRUE(RunWriter::open(to));
    int failing = 1;
    for (bool failed = true; failed; ++failing) {
        const fs::path fresh = folder / strCat("w", failing, ".sqlite");
        fs::copy_file(to, fresh);
        int calls = 0;
        setWriteFaultForTesting([&](const char*) { return ++calls == failing ? EIO : 0; });
        failed = !importArchive(fresh, with.out).has_value();
        setWriteFaultForTesting(nullptr);
        if (failed) {
            ASSERT_TRUE(importArchive(fresh, with.out)) << failing;
        }
        EXPECT_EQ((*RunStore::open(fresh))->runs()->size(), 1u) << failing;
        EXPECT_EQ(readFile(RunFolder(RunPaths::of(fresh).run(RunId(1))).final()), "the model");
    }
    EXPECT_GT(failing, 5) << "open, write, fsync and rename of the file, and its way to the run";
}

/// Statements that turn an archive, or a workspace, into one whose mere reading does harm.
class ForeignSchema : public ExportArchive, public testing::WithParamInterface<const char*> {};

TEST_P(ForeignSchema, IsRefusedAndNeverRun) {
    ASSERT_TRUE(writeArchive(request({parent})));
    const fs::path file = folder / "runs.skdruns";
    RawDatabase{file}(strCat("PRAGMA legacy_alter_table = ON; ", GetParam()));
    const Error refused = importArchive(to, file).error();
    EXPECT_EQ(refused.code, ErrorCode::Corrupt) << refused.message;
    EXPECT_NE(refused.message.find("not as this program makes it"), std::string::npos)
        << refused.message;
    EXPECT_EQ(refused.message.find("is a view") != std::string::npos,
              std::string(GetParam()).find("VIEW") != std::string::npos)
        << refused.message;
    EXPECT_FALSE(fs::exists(to));
    const Error unread = RunStore::open(file).error();
    EXPECT_EQ(unread.code, ErrorCode::Corrupt) << unread.message;
    EXPECT_EQ(RunWriter::open(file).error().code, ErrorCode::Corrupt);
}

INSTANTIATE_TEST_SUITE_P(
    Statements, ForeignSchema,
    testing::Values(
        "ALTER TABLE runs RENAME TO runs0; CREATE VIEW runs AS WITH RECURSIVE c(x) AS (SELECT 1 "
        "UNION ALL SELECT x + 1 FROM c) SELECT r.* FROM runs0 r, c WHERE c.x < 0",
        "ALTER TABLE events RENAME TO events0; CREATE VIEW events AS SELECT id, run_id, time_ms, "
        "step, kind, hex(zeroblob(400000000)) AS data FROM events0",
        "DROP TABLE ranks; CREATE TABLE ranks(run_id INTEGER, position INTEGER, matrix TEXT AS "
        "(hex(zeroblob(400000000))), rank INTEGER)",
        "CREATE TRIGGER more AFTER UPDATE ON runs BEGIN DELETE FROM events; END",
        "CREATE INDEX slow ON runs(hex(zeroblob(seed)))", "DROP TABLE views"));

TEST_F(ExportArchive, ArchiveTablesAreOrdinaryOnes) {
    for (const char* change :
         {"DROP TABLE archive_files; CREATE VIEW archive_files AS WITH RECURSIVE c(x) AS (SELECT 1 "
          "UNION ALL SELECT x + 1 FROM c) SELECT 1 AS run_id, 'm' AS name, 'n' AS sha256 FROM c",
          "DROP TABLE archive_files; CREATE TABLE archive_files(run_id, name, sha256 AS "
          "(hex(zeroblob(400000000))))",
          "DROP TABLE archive_files; CREATE TABLE archive_files(run_id, name)"}) {
        ArchiveRequest fresh = request({parent});
        fresh.replace = true;
        ASSERT_TRUE(writeArchive(fresh));
        RawDatabase{fresh.out}(change);
        const Error refused = importArchive(to, fresh.out).error();
        EXPECT_EQ(refused.code, ErrorCode::Corrupt) << refused.message;
        EXPECT_NE(refused.message.find("archive_files"), std::string::npos) << refused.message;
    }
}

TEST_F(ExportArchive, EndlessWorkOnAForeignFileEnds) {
    const auto foreign = ForeignDatabase::open(from);
    ASSERT_TRUE(foreign) << foreign.error().message;
    const auto count = [&](const char* sql) {
        return catchingSqlite("cannot read", from, [&]() -> Result<std::int64_t> {
            return *findNumber(**foreign, sql);
        });
    };
    EXPECT_EQ(count("SELECT count(*) FROM runs"), 3);
    EXPECT_EQ(count("SELECT length(hex(zeroblob(400000000)))").error().code, ErrorCode::Internal);
    const Error ended =
        count(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) "
            "FROM c")
            .error();
    EXPECT_EQ(ended.code, ErrorCode::Corrupt);
    EXPECT_NE(ended.message.find("more work"), std::string::npos) << ended.message;
}

TEST_F(ExportArchive, AnOriginOfAnotherTypeIsNone) {
    RunDetails details;
    for (const char* text : {"{}", "[]", R"({"origin": 5})", R"({"origin": {"key": 5}})"}) {
        details.environment = *parseJson(text);
        EXPECT_EQ(originKey(details), "") << text;
    }
    details.environment = *parseJson(R"({"origin": {"key": "abc"}})");
    EXPECT_EQ(originKey(details), "abc");
}

TEST_F(ExportArchive, RefusesWhatIsNoArchive) {
    const auto code = [&](const fs::path& file) { return importArchive(to, file).error().code; };
    EXPECT_EQ(code(folder / "none"), ErrorCode::NotFound);
    EXPECT_EQ(code(from), ErrorCode::InvalidInput) << "a workspace";
    ASSERT_TRUE(writeFileAtomically(folder / "text", std::string(5000, 'a')));
    EXPECT_EQ(code(folder / "text"), ErrorCode::Corrupt);
    ASSERT_TRUE(writeArchive(request({parent})));
    const fs::path file = folder / "runs.skdruns";
    RawDatabase{file}(strCat("PRAGMA user_version = ", schemaMigrations().back().version + 1));
    EXPECT_EQ(code(file), ErrorCode::Newer);
    RawDatabase{file}(strCat("PRAGMA user_version = ", schemaMigrations().back().version));
    RawDatabase{file}("UPDATE events SET data = '{broken'");
    EXPECT_EQ(code(file), ErrorCode::Corrupt);
    EXPECT_TRUE((*RunStore::open(to))->runs()->empty()) << "nothing of it was taken";
    EXPECT_EQ(writeArchive(request({parent})).error().code, ErrorCode::InvalidInput) << "it exists";
    ArchiveRequest missing = request({RunId(99)});
    missing.out = folder / "other.skdruns";
    EXPECT_EQ(writeArchive(missing).error().code, ErrorCode::NotFound);
    EXPECT_FALSE(fs::exists(missing.out));
    EXPECT_FALSE(fs::exists(missing.out.string() + ".tmp"));
}

/// The workspace of an older version, with the tables that make it an archive.
TEST_F(ExportArchive, ArchivesOfOlderVersionsAreRead) {
    const fs::path old = folder / "old.skdruns";
    {
        RawDatabase raw(old);
        raw(*readFile(fs::path(SKD_FIXTURES) / "workspace/v2.sql"));
        raw("CREATE TABLE archive(version INTEGER, created_ms INTEGER); CREATE TABLE "
            "archive_files(run_id, name, bytes, sha256)");
    }
    const std::string before = *readFile(old);
    const auto taken = importArchive(to, old);
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_GT(taken->imported.size(), 0u);
    EXPECT_EQ((*RunStore::open(to))->runs()->size(), taken->imported.size());
    EXPECT_EQ(*readFile(old), before) << "the archive stays as it was";
    for (const auto& entry : fs::directory_iterator(folder.path()))
        EXPECT_EQ(entry.path().string().find(".import"), std::string::npos) << entry.path();
}

TEST_F(ExportArchive, DamageIsNoticedAndNothingTaken) {
    ASSERT_TRUE(writeArchive(request({parent, child, other})));
    const std::string whole = *readFile(folder / "runs.skdruns");
    for (const double share : {0.3, 0.6, 0.9}) {
        ASSERT_TRUE(writeFileAtomically(
            folder / "cut",
            whole.substr(0, static_cast<std::size_t>(static_cast<double>(whole.size()) * share))));
        EXPECT_FALSE(importArchive(to, folder / "cut")) << share;
    }
    EXPECT_FALSE(fs::exists(to) && !(*RunStore::open(to))->runs()->empty());
}

}  // namespace
}  // namespace skd::test
