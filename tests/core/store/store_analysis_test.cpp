#include <gtest/gtest.h>

#include <cmath>

#include "base/text.h"
#include "core/store/raw_database.h"
#include "store/analysis_codec.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::RawDatabase;
using test::TemporaryFolder;

Analysis sample(const std::string& model) {
    Analysis analysis;
    analysis.model.name = model;
    analysis.model.path = "models/" + model;
    analysis.model.architecture = "llama";
    analysis.model.hiddenSize = 576;
    analysis.model.layers = 2;
    analysis.model.tiedHead = true;
    analysis.model.totalParameters = 134'515'008;
    analysis.model.weightsSha256 = "ab";
    analysis.calibrationTokens = 8192;
    analysis.corpusSha256 = "cd";
    for (int i = 0; i < 6; ++i) {
        MatrixSpectrum matrix;
        matrix.info = {strCat("model.layers.", i / 3, ".mlp.", i % 3), LayerIndex(i / 3),
                       static_cast<MatrixKind>(i % 3), 1536, 576};
        for (int k = 0; k < 576; ++k) matrix.plain.push_back(100.0 / (1 + k) + i);
        if (i % 2 == 0)
            for (int k = 0; k < 576; ++k) matrix.weighted.push_back(30.0 / (1 + k));
        analysis.matrices.push_back(std::move(matrix));
    }
    return analysis;
}

void expectEqual(const Analysis& read, const Analysis& written) {
    EXPECT_EQ(read.model.name, written.model.name);
    EXPECT_EQ(read.model.path, written.model.path);
    EXPECT_EQ(read.model.architecture, written.model.architecture);
    EXPECT_EQ(read.model.hiddenSize, written.model.hiddenSize);
    EXPECT_EQ(read.model.tiedHead, written.model.tiedHead);
    EXPECT_EQ(read.model.totalParameters, written.model.totalParameters);
    EXPECT_EQ(read.model.weightsSha256, written.model.weightsSha256);
    EXPECT_EQ(read.calibrationTokens, written.calibrationTokens);
    EXPECT_EQ(read.probeTokens, written.probeTokens);
    EXPECT_EQ(read.truncation, written.truncation);
    EXPECT_EQ(read.probeLaw, written.probeLaw);
    EXPECT_EQ(read.corpusSha256, written.corpusSha256);
    ASSERT_EQ(read.matrices.size(), written.matrices.size());
    for (std::size_t i = 0; i < read.matrices.size(); ++i) {
        const MatrixSpectrum& a = read.matrices[i];
        const MatrixSpectrum& b = written.matrices[i];
        EXPECT_EQ(a.info.name, b.info.name);
        EXPECT_EQ(a.info.layer, b.info.layer);
        EXPECT_EQ(a.info.kind, b.info.kind);
        EXPECT_EQ(a.info.rows, b.info.rows);
        EXPECT_EQ(a.probeRank, b.probeRank);
        EXPECT_EQ(a.currentRank, b.currentRank);
        EXPECT_TRUE(a.probeKl == b.probeKl || (std::isnan(a.probeKl) && std::isnan(b.probeKl)));
        ASSERT_EQ(a.plain.size(), b.plain.size());
        ASSERT_EQ(a.weighted.size(), b.weighted.size());
        for (std::size_t k = 0; k < a.plain.size(); ++k)
            EXPECT_EQ(a.plain[k], static_cast<float>(b.plain[k]));
        for (std::size_t k = 0; k < a.weighted.size(); ++k)
            EXPECT_EQ(a.weighted[k], static_cast<float>(b.weighted[k]));
    }
}

class StoreAnalysis : public testing::Test {
protected:
    void SetUp() override {
        m_writer = std::move(*RunWriter::open(m_file));
        m_store = std::move(*RunStore::open(m_file));
    }
    RunId create() { return *m_writer->createRun("a", Json::object(), ""); }

    TemporaryFolder m_folder;
    std::filesystem::path m_file = m_folder / "runs.skd";
    std::unique_ptr<RunWriter> m_writer;
    std::unique_ptr<RunStore> m_store;
};

TEST_F(StoreAnalysis, ComesBack) {
    const RunId run = create();
    EXPECT_EQ(m_store->analysis(run).error().code, ErrorCode::NotFound);
    EXPECT_EQ(m_store->latestAnalysis().error().code, ErrorCode::NotFound);
    Analysis analysis = sample("SmolLM2");
    ASSERT_TRUE(m_writer->saveAnalysis(run, analysis));
    expectEqual(**m_store->analysis(run), analysis);
    analysis.probeTokens = 1024;
    analysis.matrices[1].probeRank = 208;
    analysis.matrices[1].probeKl = 0.0123456789012345;
    analysis.matrices[2].probeKl = std::numeric_limits<double>::infinity();
    analysis.truncation = Truncation::Fisher;
    analysis.probeLaw = ProbeLaw::Power;
    analysis.matrices[1].probes = {{96, 0.25}, {208, 0.0123456789012345}};
    analysis.matrices[3].currentRank = 112;
    analysis.channels = {{LayerIndex(0), 1728, {3, 2, 1}, {{32, 0.5}}, 0.75},
                         {LayerIndex(1), 1728, {5, 0.5}, {}}};
    ASSERT_TRUE(m_writer->saveAnalysis(run, analysis));
    expectEqual(**m_store->analysis(run), analysis);
    const std::vector<ChannelSpectrum> channels = (*m_store->analysis(run))->channels;
    ASSERT_EQ(channels.size(), 2u);
    EXPECT_EQ(channels[0].lost, analysis.channels[0].lost);
    EXPECT_EQ(channels[0].probes, analysis.channels[0].probes);
    EXPECT_EQ(channels[0].factoredKl, 0.75);
    EXPECT_EQ(channels[0].parametersAt(2), 3456);
    EXPECT_EQ(channels[1].layer, LayerIndex(1));
    EXPECT_EQ(channels[1].lost, analysis.channels[1].lost);
    EXPECT_TRUE(std::isnan(channels[1].factoredKl));
    EXPECT_EQ((*m_store->analysis(run))->matrices[1].probes, analysis.matrices[1].probes);
}

/// What was written before there were truncations to choose from, several probes and later rounds.
TEST(AnalysisCodec, OpensDocumentsOfEarlierVersions) {
    Analysis analysis = sample("SmolLM2");
    analysis.matrices[1].probeRank = 208;
    analysis.matrices[1].probeKl = 0.125;
    const auto stored = encodeAnalysis(analysis);
    ASSERT_TRUE(stored);
    Json document = *parseJson(stored->document);
    document.erase("truncation");
    document.erase("channels");
    document.erase("probe_law");
    for (Json& matrix : document["matrices"]) {
        matrix.erase("probes");
        matrix.erase("current_rank");
    }
    const auto read = decodeAnalysis(dumpJson(document), stored->spectra);
    ASSERT_TRUE(read) << read.error().message;
    expectEqual(**read, analysis);
    EXPECT_EQ((*read)->truncation, Truncation::Whitened);
    EXPECT_EQ((*read)->matrices[1].probes, (std::vector<RankProbe>{{208, 0.125}}));
    EXPECT_TRUE((*read)->matrices[0].probes.empty());
}

TEST_F(StoreAnalysis, IsStoredOnceForRunsOfOneModel) {
    std::vector<RunId> runs;
    for (int i = 0; i < 5; ++i) {
        runs.push_back(create());
        ASSERT_TRUE(m_writer->saveAnalysis(runs.back(), sample("SmolLM2")));
    }
    RawDatabase raw(m_file);
    EXPECT_EQ(raw("SELECT count(*) FROM analyses"), "1");
    EXPECT_EQ(m_store->analysis(runs[0])->get(), m_store->analysis(runs[4])->get())
        << "read once, shared";
    Analysis probed = sample("SmolLM2");
    probed.matrices[0].probeKl = 0.5;
    ASSERT_TRUE(m_writer->saveAnalysis(runs[0], probed));
    EXPECT_EQ(raw("SELECT count(*) FROM analyses"), "2");
    EXPECT_EQ(raw("SELECT count(*) FROM blobs"), "1") << "probes alone do not copy the spectra";
}

TEST_F(StoreAnalysis, LatestIsThatOfTheNewestRun) {
    const RunId first = create(), second = create();
    ASSERT_TRUE(m_writer->saveAnalysis(second, sample("B")));
    ASSERT_TRUE(m_writer->saveAnalysis(first, sample("A")));
    create();
    EXPECT_EQ((*m_store->latestAnalysis())->model.name, "B");
    ASSERT_TRUE(m_writer->markStatus(second, RunStatus::Completed, "", {}));
    ASSERT_TRUE(m_writer->apply(DeleteRun{second}));
    EXPECT_EQ((*m_store->latestAnalysis())->model.name, "A");
    ASSERT_TRUE(m_writer->purge({second}));
    RawDatabase raw(m_file);
    EXPECT_EQ(raw("SELECT count(*) FROM analyses"), "1");
    EXPECT_EQ(raw("SELECT count(*) FROM blobs"), "1");
}

TEST_F(StoreAnalysis, EmptyOneIsAllowed) {
    const RunId run = create();
    ASSERT_TRUE(m_writer->saveAnalysis(run, Analysis{}));
    EXPECT_TRUE((*m_store->analysis(run))->matrices.empty());
}

TEST_F(StoreAnalysis, DamageIsCorruptNotACrash) {
    const RunId run = create();
    ASSERT_TRUE(m_writer->saveAnalysis(run, sample("A")));
    m_writer.reset();
    RawDatabase raw(m_file);
    raw("UPDATE blobs SET data = substr(data, 1, 100)");
    const auto cut = m_store->analysis(run);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::Corrupt);
    EXPECT_NE(cut.error().message.find("analysis 1"), std::string::npos);
}

TEST(AnalysisCodec, RefusesDocumentsThatDoNotFit) {
    const StoredAnalysis stored = *encodeAnalysis(sample("A"));
    ASSERT_TRUE(decodeAnalysis(stored.document, stored.spectra));
    const auto codeOf = [&](const std::string& from, const std::string& to) {
        std::string document = stored.document;
        const std::size_t at = document.find(from);
        EXPECT_NE(at, std::string::npos);
        document.replace(at, from.size(), to);
        const auto decoded = decodeAnalysis(document, stored.spectra);
        return decoded ? ErrorCode::Internal : decoded.error().code;
    };
    EXPECT_EQ(codeOf("\"plain\":576", "\"plain\":577"), ErrorCode::Corrupt);
    EXPECT_EQ(codeOf("\"plain\":576", "\"plain\":9000000000000000"), ErrorCode::Corrupt);
    EXPECT_EQ(codeOf("\"plain\":576", "\"plain\":268435456"), ErrorCode::Corrupt);
    EXPECT_EQ(codeOf("\"plain\":576", "\"plain\":-1"), ErrorCode::InvalidInput);
    EXPECT_EQ(codeOf("\"probe_kl\":\"nan\"", "\"probe_kl\":\"?\""), ErrorCode::Corrupt);
    EXPECT_EQ(codeOf("\"kind\":\"gate\"", "\"kind\":\"gatee\""), ErrorCode::InvalidInput);
    EXPECT_EQ(codeOf("{", "["), ErrorCode::Corrupt);
    EXPECT_FALSE(decodeAnalysis(stored.document, ""));
}

}  // namespace
}  // namespace skd
