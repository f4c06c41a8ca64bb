#include <gtest/gtest.h>

#include <random>

#include "base/files.h"
#include "base/text.h"
#include "core/store/raw_database.h"
#include "exchange/run_archive.h"
#include "spec/run_spec.h"
#include "store/run_paths.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// An archive of one run with everything, and its model.
class ArchiveSeal : public testing::Test {
protected:
    void SetUp() override {
        const fs::path from = m_folder / "from.sqlite";
        {
            const auto writer = std::move(*RunWriter::open(from));
            const RunId run = *writer->createRun("sealed", toJson(RunSpec()), "hash");
            ASSERT_TRUE(writer->markStarted(run, Json{{"threads", 2}}));
            Analysis analysis;
            analysis.model.name = "m";
            MatrixSpectrum& spectrum = analysis.matrices.emplace_back();
            spectrum.info = {"model.layers.0.mlp.up_proj", LayerIndex(0), MatrixKind::Up, 4, 3};
            spectrum.plain = {3, 2, 1};
            ASSERT_TRUE(writer->saveAnalysis(run, analysis));
            ASSERT_TRUE(writer->saveRanks(run, {{"up", 12}}));
            std::vector<MetricRow> rows;
            for (std::int64_t step = 0; step < 500; ++step)
                rows.push_back({"kd.ce", step, 1.0 / (2.0 + static_cast<double>(step)), 9});
            writer->appendMetrics(run, rows);
            ASSERT_TRUE(writer->appendEvent(run, "checkpoint", Json{{"step", 3}}));
            ASSERT_TRUE(writer->markStatus(run, RunStatus::Completed, "steps", {}));
            ASSERT_TRUE(writer->apply(Annotate{{{}, run, "kd.ce", 12, "a bend", 77}}));
        }
        ASSERT_TRUE(writeFileAtomically(m_folder / "model.safetensors", std::string(9000, 'm')));
        ArchiveRequest request{from, {RunId(1)}, m_archive, false, {}};
        request.files[1].push_back({"model.safetensors", m_folder / "model.safetensors"});
        const Status written = writeArchive(request);
        ASSERT_TRUE(written) << written.error().message;
    }

    /// All of the only run of a workspace that an import could have changed.
    static std::string recordOf(const fs::path& workspace) {
        const auto store = std::move(*RunStore::open(workspace));
        const auto details = store->details(RunId(1));
        const auto kept = store->analysis(RunId(1));
        const auto metrics = store->metrics(RunId(1));
        const auto events = store->events(RunId(1));
        const auto ranks = store->ranks(RunId(1));
        const auto annotations = store->annotations(RunId(1));
        if (!details || !kept || !metrics || !events || !ranks || !annotations) return "no run";
        const RunDetails& d = *details;
        std::string text =
            strCat(d.row.name, d.row.model, d.row.method, runStatusName(d.row.status), d.row.seed,
                   d.row.createdMs, d.row.startedMs, d.row.finishedMs, d.row.stopReason,
                   d.row.error, d.row.notes, joined(d.row.tags), d.row.color, dumpJson(d.spec));
        text +=
            strCat(d.specSha256, dumpJson(toJson(d.summary)), dumpJson(d.environment["threads"]));
        for (const MetricRow& row : *metrics)
            text += strCat(row.name, row.step, " ", row.value, row.timeMs);
        for (const EventRow& row : *events)
            text += strCat(row.kind, row.timeMs, dumpJson(row.data));
        for (const RankRow& row : *ranks) text += strCat(row.matrix, row.rank);
        for (const AnnotationRow& row : *annotations)
            text += strCat(row.metric, row.step, row.text, row.createdMs);
        const AnalysisPtr& analysis = *kept;
        text += strCat(analysis->matrices.at(0).info.name, joined(analysis->matrices[0].plain));
        const auto model = readFile(RunFolder(RunPaths::of(workspace).run(RunId(1))).final());
        return text + (model ? *model : "no model");
    }

    const TemporaryFolder m_folder;
    const fs::path m_archive = m_folder / "runs.skdruns";
};

TEST_F(ArchiveSeal, ChangedRowsAreRefusedAndNothingIsTaken) {
    const std::string whole = *readFile(m_archive);
    const fs::path to = m_folder / "to.sqlite", changed = m_folder / "changed.skdruns";
    for (const char* change :
         {"UPDATE runs SET post_kd_ppl = 12", "UPDATE runs SET spec = '{}'",
          "UPDATE metrics SET value = 1 WHERE step = 8", "DELETE FROM metrics WHERE step = 8",
          "DELETE FROM events", "UPDATE ranks SET rank = 3", "DELETE FROM annotations",
          "UPDATE runs SET analysis_id = NULL",
          "UPDATE analyses SET document = replace(document, 'up_', 'pu_')",
          "DELETE FROM archive_files", "DELETE FROM runs",
          "UPDATE archive_files SET name = 'other.safetensors'"}) {
        ASSERT_TRUE(writeFileAtomically(changed, whole));
        RawDatabase{changed}(change);
        const auto taken = importArchive(to, changed);
        ASSERT_FALSE(taken) << change;
        EXPECT_EQ(taken.error().code, ErrorCode::Corrupt) << taken.error().message;
        EXPECT_TRUE(!fs::exists(to) || (*RunStore::open(to))->runs(true)->empty()) << change;
    }
    const auto taken = importArchive(to, m_archive);
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_TRUE((*RunStore::open(to))->verify(taken->imported.at(0).run)) << "sealed here again";
}

TEST_F(ArchiveSeal, AFlipIsRefusedOrChangesNothing) {
    const std::string whole = *readFile(m_archive);
    ASSERT_TRUE(importArchive(m_folder / "intact.sqlite", m_archive));
    const std::string intact = recordOf(m_folder / "intact.sqlite");
    std::mt19937 random(16);
    int refused = 0;
    for (int flip = 0; flip < 60; ++flip) {
        std::string bytes = whole;
        const std::size_t at = random() % bytes.size();
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
        ASSERT_TRUE(writeFileAtomically(m_folder / "flipped.skdruns", bytes));
        const fs::path to = m_folder / strCat("flip-", flip);
        if (importArchive(to, m_folder / "flipped.skdruns"))
            EXPECT_EQ(recordOf(to), intact) << "byte " << at;
        else
            ++refused;
    }
    EXPECT_GT(refused, 10) << "else the flips hit nothing";
}

}  // namespace
}  // namespace skd::test
