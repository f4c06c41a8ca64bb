#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/text.h"
#include "core/store/raw_database.h"
#include "exchange/foreign_runs.h"
#include "exchange/tensorboard_file.h"
#include "exchange/yaml_scalar.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

class ImportForeign : public testing::Test {
protected:
    void put(const std::string& name, const std::string& text) {
        const fs::path path = folder / name;
        fs::create_directories(path.parent_path());
        ASSERT_TRUE(writeFileAtomically(path, text));
    }
    /// meta.yaml of a run as MLflow 3 writes it.
    void putRun(const std::string& home, const std::string& id, const std::string& name,
                int status = 3, const std::string& stage = "active") {
        put(home + "/meta.yaml",
            strCat("artifact_uri: file:///data/", id, "/artifacts\nend_time: 1700003600000\n",
                   "experiment_id: '5'\nlifecycle_stage: ", stage, "\nrun_id: ", id,
                   "\nrun_name: ", name, "\nstart_time: 1700000000000\nstatus: ", status,
                   "\ntags: []\nuser_id: root\n"));
    }
    Result<Json> import(const fs::path& from, ImportFormat format = ImportFormat::Mlflow) {
        return importForeign(workspace, from, format);
    }
    std::vector<RunRow> rows() const {
        auto found = *(*RunStore::open(workspace))->runs();
        std::reverse(found.begin(), found.end());
        return found;
    }
    std::vector<MetricRow> metrics(RunId run) const {
        return *(*RunStore::open(workspace))->metrics(run);
    }

    const TemporaryFolder folder;
    const fs::path workspace = folder / "w.sqlite";
};

// --- YAML. Expected texts were read by PyYAML 6.0.3, which also wrote the documents.

TEST(ImportYaml, ScalarsAreReadAsPyYamlReadsThem) {
    const auto name = [](const std::string& value) {
        return yamlScalar("id: 1\nrun_name: " + value + "\nstatus: 3\n", "run_name");
    };
    EXPECT_EQ(name("'it''s: ratio #3 \"quoted\"'"), "it's: ratio #3 \"quoted\"");
    EXPECT_EQ(name("ratio 0.2, seed 1"), "ratio 0.2, seed 1");
    EXPECT_EQ(name("a#b  # a comment"), "a#b");
    EXPECT_EQ(name("模型 ümlaut"), "模型 ümlaut");
    EXPECT_EQ(name("\"tab\\tand \\x1B and \\u00E9 and \\U0001F600 \\\"\\\\\""),
              "tab\tand \x1B and é and 😀 \"\\");
    EXPECT_EQ(name("one line\n  and more\n\n  after a break"), "one line and more\nafter a break");
    EXPECT_EQ(name("\"one \\\n  \\ two\\\n  three\""), "one  twothree");
    EXPECT_EQ(name("'a\n\n\n  b'"), "a\n\nb");
    EXPECT_EQ(name("null"), "");
    EXPECT_EQ(name("''"), "");
    EXPECT_EQ(name("'null'"), "null");
    EXPECT_EQ(name("x\r"), "x");
    EXPECT_EQ(name("[1, 2]"), std::nullopt);
    EXPECT_EQ(yamlScalar("run_name_x: 1\n  run_name: 2\n", "run_name"), std::nullopt);
    EXPECT_EQ(yamlScalar("run_name: \"open", "run_name"), "open");
    EXPECT_EQ(yamlScalar("run_name: \"\\u12", "run_name"), "\uFFFD");
}

// --- MLflow's folders

TEST_F(ImportForeign, ReadsMetricsParametersAndTags) {
    put("mlruns/0/meta.yaml", "name: Default\n");
    put("mlruns/0/abc/meta.yaml", "end_time: 5\nrun_id: abc\nrun_name: 'brave crab'\n");
    put("mlruns/0/abc/metrics/train/loss",
        "1700000000000 2.5 0\n1700000001000 nan 10\n1700000002000 1e-3 20\n");
    put("mlruns/0/abc/metrics/old", "1700000000000 7\n");
    put("mlruns/0/abc/params/lr", "0.001");
    put("mlruns/0/abc/tags/mlflow.user", "someone");
    const auto found = readMlflowRuns(folder / "mlruns");
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->runs.size(), 1u);
    EXPECT_TRUE(found->warnings.empty());
    const ForeignRun& run = found->runs.front();
    EXPECT_EQ(run.name, "brave crab");
    ASSERT_EQ(run.metrics.size(), 4u);
    EXPECT_EQ(run.metrics[0].name, "old");
    EXPECT_EQ(run.metrics[0].value, 7);
    EXPECT_EQ(run.metrics[1].name, "train/loss");
    EXPECT_EQ(run.metrics[1].timeMs, 1700000000000);
    EXPECT_TRUE(std::isnan(run.metrics[2].value));
    EXPECT_EQ(run.metrics[3].step, 20);
    EXPECT_EQ(run.parameters, (std::vector<std::pair<std::string, std::string>>{{"lr", "0.001"}}));
    EXPECT_EQ(readMlflowRuns(folder / "mlruns/0/abc")->runs.size(), 1u);
    EXPECT_EQ(readMlflowRuns(folder / "mlruns/0/abc/metrics").error().code, ErrorCode::NotFound);
}

TEST_F(ImportForeign, WholeLinesOfADamagedFileAreTaken) {
    putRun("m/5/a", "a", "damaged");
    put("m/5/a/metrics/loss", "1 2 3\n1 two 4\n\n1 5 6\n1 7.25 8");
    putRun("m/5/b", "b", "intact");
    put("m/5/b/metrics/loss", "1 2 3\r\n2 Infinity 4\r\n3 -inf 5\r\n");
    put("m/5/b/metrics/.DS_Store", std::string("\0\0\0\1Bud1", 8));
    put("m/5/b/metrics/._loss", "x");
    const auto found = readMlflowRuns(folder / "m");
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->runs.size(), 2u);
    ASSERT_EQ(found->runs[0].metrics.size(), 2u);
    EXPECT_EQ(found->runs[0].metrics[1].step, 6);
    ASSERT_EQ(found->warnings.size(), 2u);
    EXPECT_NE(found->warnings[0].find("loss, line 2 is not"), std::string::npos);
    EXPECT_NE(found->warnings[1].find("loss, line 5 is cut off"), std::string::npos);
    ASSERT_EQ(found->runs[1].metrics.size(), 3u);
    EXPECT_EQ(found->runs[1].metrics[1].value, HUGE_VAL);
    EXPECT_EQ(found->runs[1].metrics[2].value, -HUGE_VAL);
    put("n/5/a/meta.yaml", "run_id: a\n");
    fs::create_directories(folder / "n/5/b/meta.yaml");
    EXPECT_EQ(readMlflowRuns(folder / "n")->runs.size(), 1u);
}

/// Metrics of a dataset have two more fields, those of a logged model lie in a folder of its own.
TEST_F(ImportForeign, DatasetsAndLoggedModelsAreNoRuns) {
    putRun("m/5/a", "a", "finetune");
    put("m/5/a/metrics/eval/ppl",
        "1795936992835 40.0 0 wikitext-2 1aa3cc39\n1795936992836 39.0 10 wikitext-2 1aa3cc39\n"
        "1795936992837 38.0 20 a b c 1aa3cc39\n");
    put("m/5/a/inputs/1f/meta.yaml", "destination_id: m-8c\nsource_id: m-8c\nsource_type: MODEL\n");
    put("m/5/datasets/1e/meta.yaml", "digest: 1aa3cc39\nname: wikitext-2\n");
    put("m/5/models/m-8c/meta.yaml",
        "model_id: m-8c\nname: student\nsource_run_id: a\nstatus: 1\n");
    put("m/5/models/m-8c/metrics/eval/ppl", "1795936992808 41.5 10 a\n");
    const auto found = readMlflowRuns(folder / "m");
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->runs.size(), 1u);
    EXPECT_TRUE(found->warnings.empty());
    ASSERT_EQ(found->runs[0].metrics.size(), 3u);
    EXPECT_EQ(found->runs[0].metrics[1].value, 39);
    EXPECT_EQ(found->runs[0].metrics[2].step, 20);
}

TEST_F(ImportForeign, StatusTimesAndNamesSurvive) {
    putRun("m/5/a", "a", "'it''s: ratio #3 \"quoted\"'");
    putRun("m/5/b", "b", "diverged", 4);
    putRun("m/5/c", "c", "stopped", 5);
    putRun("m/5/d", "d", "at it", 1);
    putRun("m/5/e", "e", "gone", 3, "deleted");
    putRun("m/.trash/6/f", "f", "gone with its experiment");
    for (const char* run : {"5/a", "5/b", "5/c", "5/d", "5/e", ".trash/6/f"})
        put(strCat("m/", run, "/metrics/loss"), "1700000000500 2 3\n");
    const auto taken = import(folder / "m");
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ((*taken)["deleted"], 2);
    const std::vector<RunRow> found = rows();
    ASSERT_EQ(found.size(), 4u);
    EXPECT_EQ(found[0].name, "it's: ratio #3 \"quoted\"");
    const RunStatus expected[] = {RunStatus::Completed, RunStatus::Failed, RunStatus::Cancelled,
                                  RunStatus::Interrupted};
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(found[i].status, expected[i]) << i;
        EXPECT_EQ(found[i].startedMs, 1700000000000) << i;
        EXPECT_EQ(found[i].finishedMs, 1700003600000) << i;
        EXPECT_EQ(metrics(found[i].id).size(), 1u) << i;
    }
    EXPECT_NE(found[1].error.find("failed"), std::string::npos) << found[1].error;
    EXPECT_EQ(readMlflowRuns(folder / "m/.trash/6")->runs.size(), 1u) << "named by itself";
    EXPECT_EQ(readMlflowRuns(folder / "m/5/e").error().code, ErrorCode::NotFound);
}

TEST_F(ImportForeign, ARunThatHasGrownIsContinued) {
    putRun("m/5/a", "a", "long", 1);
    putRun("m/5/b", "b", "other");
    put("m/5/a/metrics/loss", "10 3 0\n20 nan 1\n");
    put("m/5/b/metrics/loss", "10 3 0\n");
    ASSERT_TRUE(import(folder / "m"));
    putRun("m/5/a", "a", "renamed", 3);
    put("m/5/a/metrics/loss", "10 3 0\n20 nan 1\n30 2.5 2\n40 2 2\n");
    put("m/5/a/metrics/ppl", "30 9 2\n");
    const auto again = import(folder / "m");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE((*again)["imported"].empty());
    ASSERT_EQ((*again)["continued"].size(), 1u);
    EXPECT_EQ((*again)["continued"][0]["run"], 1);
    EXPECT_EQ((*again)["continued"][0]["values"], 2);
    EXPECT_EQ((*again)["known"].size(), 1u);
    ASSERT_EQ(rows().size(), 2u);
    EXPECT_EQ(rows()[0].name, "long") << "a name here is the user's";
    EXPECT_EQ(rows()[0].status, RunStatus::Completed);
    const std::vector<MetricRow> all = metrics(RunId(1));
    ASSERT_EQ(all.size(), 4u);
    EXPECT_EQ(all[2].value, 2) << "the later value of a step counts";
    EXPECT_EQ(all[3].name, "ppl");
    EXPECT_EQ(import(folder / "m").error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(metrics(RunId(1)).size(), 4u);
}

/// Names of others reach a spreadsheet as text, and as UTF-8.
TEST_F(ImportForeign, NamesFromElsewhereAreGuardedInCsv) {
    putRun("m/5/a", "a", "'=cmd|x'");
    put("m/5/a/metrics/=1+1", "1700000000000 0.5 0\n1700000000100 -inf 1\n");
    put("m/5/a/metrics/a\xFF"
        "b",
        "1 2 3\n");
    ASSERT_TRUE(import(folder / "m"));
    {
        const auto writer = std::move(*RunWriter::open(workspace));
        writer->appendMetrics(RunId(1), {{"+\xC3", 1, 2, 3}, {"\r=2", 4, 5, 6}});
        ASSERT_TRUE(writer->flush());
    }
    RunsExportRequest request;
    request.workspace = workspace;
    request.runs = {RunId(1)};
    request.out = folder / "out";
    ASSERT_TRUE(exportCurves(request, CurveFormat::Csv));
    EXPECT_EQ(*readFile(folder / "out/metrics.csv"),
              "metric,step,value,time_ms\n\"'\r=2\",4,5.0,6\n'+\uFFFD,1,2.0,3\n"
              "'=1+1,0,0.5,1700000000000\n'=1+1,1,-inf,1700000000100\na\uFFFDb,3,2.0,1\n");
}

// --- MLflow's database: the tables that MLflow 3.17 makes.

constexpr const char* kMlflowTables = R"sql(
CREATE TABLE "runs" (run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), source_type VARCHAR(20),
    user_id VARCHAR(256), status VARCHAR(9), start_time BIGINT, end_time BIGINT,
    lifecycle_stage VARCHAR(20), artifact_uri VARCHAR(200), experiment_id INTEGER,
    deleted_time BIGINT, CONSTRAINT run_pk PRIMARY KEY (run_uuid),
    CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED')));
CREATE TABLE "metrics" ("key" VARCHAR(250) NOT NULL, value FLOAT NOT NULL,
    timestamp BIGINT NOT NULL, run_uuid VARCHAR(32) NOT NULL, step BIGINT DEFAULT '0' NOT NULL,
    is_nan BOOLEAN DEFAULT '0' NOT NULL,
    CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan),
    CHECK (is_nan IN (0, 1)));
CREATE TABLE "params" ("key" VARCHAR(250) NOT NULL, value VARCHAR(8000) NOT NULL,
    run_uuid VARCHAR(32) NOT NULL, CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid));
CREATE TABLE "tags" ("key" VARCHAR(250) NOT NULL, value VARCHAR(8000),
    run_uuid VARCHAR(32) NOT NULL, CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid));
INSERT INTO runs(run_uuid, name, status, start_time, end_time, lifecycle_stage) VALUES
    ('a1', 'ratio 0.2', 'FINISHED', 1700000000000, 1700003600000, 'active'),
    ('b2', NULL, 'KILLED', 1700000000000, NULL, 'active'),
    ('c3', 'gone', 'FINISHED', 1, 2, 'deleted');
INSERT INTO metrics("key", value, timestamp, run_uuid, step, is_nan) VALUES
    ('val/ppl', 300.5, 1700000000100, 'a1', 0, 0), ('val/ppl', 0, 1700000000300, 'a1', 30, 1),
    ('val/ppl', 1.7976931348623157e308, 1700000000200, 'a1', 20, 0), ('loss', 1, 5, 'c3', 0, 0),
    ('val/ppl', -1.7976931348623157e308, 1700000000400, 'b2', 7, 0);
INSERT INTO params("key", value, run_uuid) VALUES('ratio', '0.2', 'a1');
INSERT INTO tags("key", value, run_uuid) VALUES('mlflow.runName', 'tagged', 'b2');
)sql";

TEST_F(ImportForeign, MlflowsDatabaseIsRead) {
    fs::create_directories(folder / "store");
    const fs::path file = folder / "store/mlflow.db";
    RawDatabase{file}(kMlflowTables);
    const std::string before = *readFile(file);
    const auto taken = import(file);
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_EQ((*taken)["deleted"], 1);
    EXPECT_EQ(*readFile(file), before);
    const std::vector<RunRow> found = rows();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].name, "ratio 0.2");
    EXPECT_EQ(found[0].status, RunStatus::Completed);
    EXPECT_EQ(found[0].startedMs, 1700000000000);
    EXPECT_EQ(found[0].finishedMs, 1700003600000);
    EXPECT_EQ(found[1].name, "tagged");
    EXPECT_EQ(found[1].status, RunStatus::Cancelled);
    EXPECT_EQ(found[1].finishedMs, 1700000000400) << "its last value";
    const std::vector<MetricRow> curve = metrics(found[0].id);
    ASSERT_EQ(curve.size(), 3u);
    EXPECT_EQ(curve[0].value, 300.5);
    EXPECT_EQ(curve[0].timeMs, 1700000000100);
    EXPECT_EQ(curve[1].value, HUGE_VAL);
    EXPECT_TRUE(std::isnan(curve[2].value));
    EXPECT_EQ(metrics(found[1].id)[0].value, -HUGE_VAL);
    EXPECT_EQ((*RunStore::open(workspace))->details(found[0].id)->spec["parameters"]["ratio"],
              "0.2");
    // The folder holds the same runs; one of them has grown, and a file store knows its id too.
    RawDatabase{file}("INSERT INTO metrics VALUES('val/ppl', 39, 6, 'a1', 40, 0)");
    putRun("store/mlruns/5/a1", "a1", "ratio 0.2");
    put("store/mlruns/5/a1/metrics/val/ppl", "1700000000100 300.5 0\n");
    const auto again = import(folder / "store");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE((*again)["imported"].empty());
    ASSERT_EQ((*again)["continued"].size(), 1u);
    EXPECT_EQ(metrics(found[0].id).size(), 4u);
}

TEST_F(ImportForeign, ADatabaseWithOtherTablesIsRefused) {
    const fs::path file = folder / "other.db";
    for (const char* change :
         {"DROP TABLE tags", "ALTER TABLE metrics RENAME COLUMN step TO at",
          "ALTER TABLE runs RENAME TO runs0; CREATE VIEW runs AS WITH RECURSIVE c(x) AS (SELECT 1 "
          "UNION ALL SELECT x + 1 FROM c) SELECT r.* FROM runs0 r, c WHERE c.x < 0",
          "DROP TABLE params; CREATE TABLE params(\"key\" TEXT, run_uuid TEXT, value TEXT AS "
          "(hex(zeroblob(400000000))))"}) {
        fs::remove(file);
        RawDatabase{file}(kMlflowTables);
        RawDatabase{file}(change);
        const Error refused = import(file).error();
        EXPECT_EQ(refused.code, ErrorCode::Corrupt) << change << ": " << refused.message;
        EXPECT_NE(refused.message.find("no database of MLflow"), std::string::npos)
            << refused.message;
    }
    EXPECT_EQ(import(folder / "absent").error().code, ErrorCode::NotFound);
    EXPECT_FALSE(fs::exists(workspace));
}

// --- TensorBoard

std::vector<MetricRow> curve(int from, int to) {
    std::vector<MetricRow> rows;
    for (int i = from; i < to; ++i) rows.push_back({"ppl", i, 50.0 - i, 1'700'000'000'000 + i});
    return rows;
}

TEST_F(ImportForeign, OfADamagedEventFileTheRecordsBeforeTheDamageAreTaken) {
    put("tb/a/events.out.tfevents.1.h.1.0", tensorboardFile(curve(0, 50), 1));
    std::string damaged = tensorboardFile(curve(0, 50), 1);
    // All records but the first, which names the version, and those of step 0 are equally long.
    const std::size_t one = damaged.size() - tensorboardFile(curve(0, 49), 1).size();
    damaged[damaged.size() - 25 * one + one / 2] ^= 0x55;
    put("tb/b/events.out.tfevents.1.h.1.1", damaged);
    put("tb/c/events.out.tfevents.1.h.1.2", "no event file at all");
    const auto found = readTensorboardRuns(folder / "tb");
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->runs.size(), 2u);
    EXPECT_EQ(found->runs[0].metrics.size(), 50u);
    EXPECT_EQ(found->runs[1].metrics.size(), 25u);
    ASSERT_EQ(found->warnings.size(), 2u);
    EXPECT_NE(found->warnings[0].find(strCat("at byte ", damaged.size() - 25 * one)),
              std::string::npos)
        << found->warnings[0];
    EXPECT_EQ(readTensorboardRuns(folder / "tb/c").error().code, ErrorCode::Corrupt);
}

TEST_F(ImportForeign, AGrownFolderOfEventsIsContinued) {
    put("tb/a/events.out.tfevents.1.h.1.0", tensorboardFile(curve(0, 20), 1));
    ASSERT_TRUE(import(folder / "tb", ImportFormat::Tensorboard));
    ASSERT_EQ(rows().size(), 1u);
    EXPECT_EQ(rows()[0].startedMs, 1'700'000'000'000);
    EXPECT_EQ(rows()[0].finishedMs, 1'700'000'000'019);
    put("tb/a/events.out.tfevents.2.h.1.0", tensorboardFile(curve(20, 40), 1));
    const auto again = import(folder / "tb", ImportFormat::Tensorboard);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ((*again)["continued"][0]["values"], 20);
    ASSERT_EQ(rows().size(), 1u);
    EXPECT_EQ(metrics(RunId(1)).size(), 40u);
    EXPECT_EQ(rows()[0].finishedMs, 1'700'000'000'039);
}

}  // namespace
}  // namespace skd::test
