#include <gtest/gtest.h>

#include <random>

#include "base/files.h"
#include "base/text.h"
#include "core/store/raw_database.h"
#include "spec/run_spec.h"
#include "store/analysis_codec.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

namespace fs = std::filesystem;
using test::RawDatabase;
using test::TemporaryFolder;

/// Everything that the reading functions say of a workspace, and whether one of them noticed
/// something: failed, or marked a run.
struct Told {
    std::string text;
    bool noticed = false;

    template <class Value>
    Value take(Result<Value> result) {
        noticed = noticed || !result;
        return result ? std::move(*result) : Value();
    }
    template <class... Values>
    void say(const Values&... values) {
        ((text += strCat(values, "|")), ...);
    }
};

void tellRow(Told& told, const RunRow& row) {
    told.noticed = told.noticed || row.damaged;
    told.say(row.id.value(), row.name, row.model, row.method, runStatusName(row.status), row.seed,
             row.createdMs, row.startedMs, row.finishedMs, row.target, row.densePpl);
    told.say(row.postPrunePpl, row.postKdPpl, row.mlpRemoved, row.parametersRemoved, row.stopReason,
             row.error, row.notes, row.deleted, row.study.value(), row.studyName, row.variant,
             row.parentRun.value(), row.parentStep, joined(row.tags), row.color);
}

void tellRun(Told& told, const RunStore& store, RunId run) {
    const RunDetails details = told.take(store.details(run));
    tellRow(told, details.row);
    told.say(dumpJson(details.spec), dumpJson(details.environment),
             dumpJson(toJson(details.summary)), details.specSha256);
    for (const std::string& name : told.take(store.metricNames(run))) {
        const Series series = told.take(store.series(run, name));
        told.say(name, joined(series.steps), joined(series.values));
    }
    for (const MetricRow& row : told.take(store.metrics(run)))
        told.say(row.name, row.step, row.value, row.timeMs);
    for (const EventRow& row : told.take(store.events(run)))
        told.say(row.timeMs, row.kind, dumpJson(row.data));
    for (const RankRow& row : told.take(store.ranks(run))) told.say(row.matrix, row.rank);
    for (const AnnotationRow& row : told.take(store.annotations(run)))
        told.say(row.id.value(), row.metric, row.step, row.text, row.createdMs);
    if (const AnalysisPtr analysis = told.take(store.analysis(run))) {
        const auto coded = encodeAnalysis(*analysis);
        told.say(coded->document, coded->sha256);
    }
}

Told tell(const fs::path& file) {
    Told told;
    const auto store = told.take(RunStore::open(file));
    if (store == nullptr) return told;
    for (const RunRow& row : told.take(store->runs(true))) tellRow(told, row);
    for (const int run : {1, 2}) tellRun(told, *store, RunId(run));
    for (const auto& [run, origin] : told.take(store->runsBuiltOn()))
        told.say(run.value(), origin.value());
    for (const RunId run : told.take(store->queue())) told.say(run.value());
    for (const StudyRow& study : told.take(store->studies()))
        told.say(study.id.value(), study.name, dumpJson(study.spec), study.specSha256);
    for (const MeasurementRow& row : told.take(store->measurements("profile")))
        told.say(row.id.value(), row.title, row.createdMs, dumpJson(row.document));
    for (const ViewRow& row : told.take(store->views()))
        told.say(row.id.value(), row.position, row.name, row.page, dumpJson(row.document));
    return told;
}

Analysis smallAnalysis() {
    Analysis analysis;
    analysis.model.name = "tiny";
    MatrixSpectrum matrix;
    matrix.info.name = "model.layers.0.mlp.up_proj";
    for (int i = 0; i < 64; ++i) matrix.plain.push_back(64.0 / (i + 1));
    analysis.matrices.push_back(matrix);
    return analysis;
}

void fillRun(RunWriter& writer, RunId run) {
    ASSERT_TRUE(writer.markStarted(run, {{"version", "x"}, {"threads", 2}}));
    ASSERT_TRUE(writer.saveAnalysis(run, smallAnalysis()));
    ASSERT_TRUE(writer.saveRanks(run, {{"up", 8}, {"down", 0}}));
    std::vector<MetricRow> rows;
    for (const char* name : {"kd.loss", "ppl.live", "ppl.post_kd"})
        for (int step = 0; step < 400; ++step)
            rows.push_back({name, step, 1.0 / (step + 1.0 + static_cast<double>(run.value())), 7});
    writer.appendMetrics(run, rows);
    for (int i = 0; i < 12; ++i)
        ASSERT_TRUE(writer.appendEvent(run, "log", {{"step", i}, {"text", "what happened here"}}));
    RunSummary summary;
    summary.densePpl = 30.25;
    ASSERT_TRUE(writer.markStatus(run, RunStatus::Completed, "all steps", summary));
}

/// Two runs with everything that a run can have, all of it in the main file.
class StoreSeal : public testing::Test {
protected:
    void SetUp() override {
        {
            const auto writer = std::move(*RunWriter::open(m_file));
            const StudyId study = *writer->openStudy("table", {{"seeds", {1, 2}}}, "h");
            for (const char* name : {"first", "second"}) {
                const RunId run =
                    *writer->createRun(name, toJson(RunSpec()), "sha", {study, "SparseKD"});
                fillRun(*writer, run);
                ASSERT_TRUE(writer->apply(Annotate{{{}, run, "kd.loss", 3, "a remark", 5}}));
                ASSERT_TRUE(writer->apply(SetTags{run, {"paper", "seed"}}));
            }
            ASSERT_TRUE(writer->apply(KeepMeasurement{{{}, "profile", "p", 9, {{"ms", 1.5}}}}));
            ASSERT_TRUE(writer->apply(SaveView{{{}, 1, "v", "carve", {{"zoom", 2}}, 0}}));
        }
        RawDatabase{m_file}("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    /// Puts a file in its place that nobody has open.
    void replaceBy(const std::string& bytes) const {
        for (const char* suffix : {"-wal", "-shm"}) fs::remove(m_file.string() + suffix);
        ASSERT_TRUE(writeFileAtomically(m_file, bytes));
    }
    std::string sealsOf(int run) const {
        return RawDatabase{m_file}(
            strCat("SELECT part FROM seals WHERE id = ", run,
                   " AND part IN ('run', 'events', 'metrics') ORDER BY part"));
    }

    const TemporaryFolder m_folder;
    const fs::path m_file = m_folder / "w.sqlite";
};

TEST_F(StoreSeal, EveryFlipThatChangesAnOutputIsNoticed) {
    const std::string whole = *readFile(m_file);
    const Told before = tell(m_file);
    ASSERT_FALSE(before.noticed);
    ASSERT_NE(before.text.find("a remark"), std::string::npos);
    std::mt19937 random(20261130);
    int changed = 0, noticed = 0;
    for (int flip = 0; flip < 400; ++flip) {
        std::string bytes = whole;
        const std::size_t at = random() % bytes.size();
        bytes[at] = static_cast<char>(bytes[at] ^ (1 + random() % 255));
        const fs::path damaged = m_folder / strCat("flip-", flip);
        ASSERT_TRUE(writeFileAtomically(damaged, bytes));
        const Told after = tell(damaged);
        changed += after.text != before.text ? 1 : 0;
        noticed += after.noticed ? 1 : 0;
        EXPECT_TRUE(after.noticed || after.text == before.text) << "byte " << at;
        for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(damaged.string() + suffix);
    }
    EXPECT_GT(changed, 100) << "else the flips hit nothing";
    EXPECT_GE(noticed, changed);
}

TEST_F(StoreSeal, RowsThatChangeOrGoAreNoticedWhereTheyAreRead) {
    const std::string whole = *readFile(m_file);
    const std::tuple<const char*, const char*> changes[] = {
        {"UPDATE runs SET name = 'other' WHERE id = 1", "it was"},
        {"UPDATE runs SET summary = '{}' WHERE id = 1", "it was"},
        {"UPDATE runs SET deleted = 1 WHERE id = 1", "it was"},
        {"DELETE FROM runs WHERE id = 1", "it was"},
        {"DELETE FROM annotations WHERE run_id = 1", "it was"},
        {"UPDATE runs SET analysis_id = NULL WHERE id = 1", "it was"},
        {"DELETE FROM events WHERE id = 3", "events"},
        {"UPDATE ranks SET rank = 7 WHERE run_id = 1 AND position = 0", "events"},
        {"DELETE FROM metrics WHERE run_id = 1 AND step = 140", "metrics"},
        {"UPDATE metrics SET value = value + 1 WHERE run_id = 1 AND step = 9", "metrics"},
        {"UPDATE metric_names SET name = 'kd.lass' WHERE name = 'kd.loss'", "metrics"}};
    for (const auto& [change, what] : changes) {
        replaceBy(whole);
        RawDatabase{m_file}(change);
        const auto store = std::move(*RunStore::open(m_file));
        const Status verified = store->verify(RunId(1));
        ASSERT_FALSE(verified) << change;
        EXPECT_EQ(verified.error().code, ErrorCode::Corrupt);
        for (const char* word : {"run 1 is damaged", what, "runs accept 1", "backup"})
            EXPECT_NE(verified.error().message.find(word), std::string::npos)
                << change << ": " << verified.error().message;
        const auto rows = store->runs();
        ASSERT_TRUE(rows) << rows.error().message;
        ASSERT_EQ(rows->size(), 2u) << "even where it is gone, or hidden: " << change;
        EXPECT_EQ(rows->at(1).damaged, what == std::string("it was")) << change;
        EXPECT_FALSE(rows->at(0).damaged) << change;
        EXPECT_TRUE(store->details(RunId(2))) << change;
    }
}

TEST_F(StoreSeal, AnEditKeepsTheSealAndHidesNoDamage) {
    EXPECT_EQ(sealsOf(1), "events,metrics,run");
    RawDatabase{m_file}("UPDATE runs SET stop_reason = 'forged' WHERE id = 1");
    {
        const auto writer = std::move(*RunWriter::open(m_file));
        ASSERT_TRUE(writer->apply(RenameRun{RunId(1), "new"})) << "a damaged run can be edited";
        ASSERT_TRUE(writer->apply(RenameRun{RunId(2), "new"}));
        const auto store = std::move(*RunStore::open(m_file));
        EXPECT_EQ(store->details(RunId(1)).error().code, ErrorCode::Corrupt);
        EXPECT_EQ(store->details(RunId(2))->row.name, "new");
        ASSERT_TRUE(writer->accept(RunId(1)));
        EXPECT_EQ(store->details(RunId(1))->row.stopReason, "forged");
        EXPECT_EQ(writer->accept(RunId(9)).error().code, ErrorCode::NotFound);
    }
    RawDatabase{m_file}("DELETE FROM runs WHERE id = 1");
    EXPECT_EQ((*RunStore::open(m_file))->runs()->size(), 2u);
    ASSERT_TRUE((*RunWriter::open(m_file))->accept(RunId(1))) << "what is lost";
    EXPECT_EQ((*RunStore::open(m_file))->runs()->size(), 1u);
}

TEST_F(StoreSeal, ARunThatRunsHasNoneAndOneThatGrowsGetsItAgain) {
    {
        const auto writer = std::move(*RunWriter::open(m_file));
        ASSERT_TRUE(writer->markStarted(RunId(1), Json::object()));
        EXPECT_EQ(sealsOf(1), "");
        writer->appendMetrics(RunId(2), {{"kd.loss", 999, 1, 1}});
        ASSERT_TRUE(writer->flush());
        ASSERT_TRUE(writer->appendEvent(RunId(2), "log", Json::object()));
        EXPECT_EQ(sealsOf(2), "");
        ASSERT_TRUE(writer->truncateAfter(RunId(2), 300));
        EXPECT_EQ(sealsOf(2), "events,metrics,run");
        writer->appendMetrics(RunId(2), {{"kd.loss", 999, 1, 1}});
    }
    EXPECT_EQ(sealsOf(1), "") << "it may still be running elsewhere, for all that this file knows";
    EXPECT_EQ(sealsOf(2), "events,metrics,run");
    EXPECT_TRUE((*RunStore::open(m_file))->verify(RunId(2)));
    {
        const auto writer = std::move(*RunWriter::open(m_file));
        EXPECT_EQ(sealsOf(1), "events,metrics,run") << "interrupted";
        ASSERT_TRUE(writer->apply(DeleteRun{RunId(1)}));
        ASSERT_EQ(writer->purge({RunId(1)})->size(), 1u);
    }
    EXPECT_EQ(sealsOf(1), "");
    EXPECT_EQ((*RunStore::open(m_file))->runs(true)->size(), 1u);
}

TEST(StoreSealMigration, OlderFilesGetTheirSealsWhenTheyAreOpenedForWriting) {
    const TemporaryFolder folder;
    const fs::path file = folder / "w";
    RawDatabase{file}(*readFile(fs::path(SKD_FIXTURES) / "workspace" / "v2.sql"));
    EXPECT_TRUE((*RunStore::open(file))->verify(RunId(1))) << "nothing to compare with";
    ASSERT_TRUE(RunWriter::open(file));
    EXPECT_EQ(RawDatabase{file}("SELECT count(*) FROM seals WHERE part = 'metrics'"),
              RawDatabase{file}("SELECT count(*) FROM runs"));
    EXPECT_TRUE((*RunStore::open(file))->verify(RunId(1)));
    RawDatabase{file}("DELETE FROM events WHERE run_id = 1");
    EXPECT_FALSE((*RunStore::open(file))->verify(RunId(1)));
}

}  // namespace
}  // namespace skd
