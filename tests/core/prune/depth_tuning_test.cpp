// Probes by two ranks and from another model; allocations tried by depth on the whole model.
#include "prune/svd/depth_tuning.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "base/text.h"
#include "core/model/tiny_model.h"
#include "prune/svd/prune.h"
#include "ranks/damage.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

class DepthTuning : public testing::Test {
protected:
    DepthTuning() {
        input.model.weightsSha256 = "tiny";
        at::manual_seed(30);
        for (int i = 0; i < 12; ++i)
            input.calibration.sequences.push_back(at::randint(64, {40}, at::kLong));
        input.fisher = input.calibration;
        for (int i = 0; i < 3; ++i)
            input.probeSequences.push_back(at::randint(64, {40}, at::kLong));
        spec.rankMultiple = 2;
        spec.target = 0.4;
        spec.truncation = Truncation::Whitened;
        spec.probeLaw = ProbeLaw::Power;
    }
    AnalysisResult analysed(const Decoder& model) {
        auto result = analyse(model, spec, input, SpectrumCache(folder.path()), {});
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? std::move(*result) : AnalysisResult{};
    }
    /// Mean KL of the outputs on the probe sequences, in f64, independent of the engine's measure.
    double klFrom(const Decoder& reference, const Decoder& other) const {
        double kl = 0, tokens = 0;
        for (const at::Tensor& ids : input.probeSequences) {
            const auto logp = [&](const Decoder& model) {
                return at::log_softmax(model.logits(ids.unsqueeze(0)).to(at::kDouble), -1);
            };
            const at::Tensor p = logp(reference);
            kl += (p.exp() * (p - logp(other))).sum().item<double>();
            tokens += static_cast<double>(ids.numel());
        }
        return kl / tokens;
    }
    Decoder cutTo(const Decoder& model, const AnalysisResult& analysis,
                  const std::vector<std::int64_t>& ranks) const {
        Decoder cut = model;
        applyRanks(cut, analysis.decompositions, ranks);
        return cut;
    }
    std::filesystem::path profiles() const {
        for (const auto& file : std::filesystem::directory_iterator(folder.path()))
            if (file.path().string().ends_with(".profiles.json")) return file.path();
        return {};
    }
    Json depthOf(const Decoder& model, const AnalysisResult& analysis) const {
        Decoder student = model;
        const auto report = prune(student, spec, analysis, {});
        EXPECT_TRUE(report) << (report ? "" : report.error().message);
        return report ? report->details["depth"] : Json();
    }
    const Decoder dense = tinyDecoder(31, {.layers = 3});
    AnalysisInput input;
    PruneSpec spec;
    const TemporaryFolder folder;
};

TEST_F(DepthTuning, ThePowerLawProbesATenthAndTheFractionOfBreakEven) {
    const AnalysisResult power = analysed(dense);
    EXPECT_EQ(power.analysis->probeLaw, ProbeLaw::Power);
    for (const MatrixSpectrum& matrix : power.analysis->matrices) {
        ASSERT_EQ(matrix.probes.size(), 2u);
        EXPECT_EQ(matrix.probes[0].rank, 2) << "19.2 / 10, at least one multiple";
        EXPECT_EQ(matrix.probes[1].rank, 8) << "19.2 / 2";
        EXPECT_EQ(matrix.probeRank, 8);
    }
    spec.probeLaw = ProbeLaw::Points;
    spec.probeRanks = 2;
    const AnalysisResult points = analysed(dense);
    EXPECT_EQ(points.analysis->probeLaw, ProbeLaw::Points);
    EXPECT_EQ(points.analysis->matrices[0].probes[0].rank, 4) << "not from the other's cache";
    EXPECT_EQ(points.analysis->matrices[0].probes[1].kl, power.analysis->matrices[0].probes[1].kl);
    spec.probeLaw = ProbeLaw::Power;
    spec.rankMultiple = 16;
    EXPECT_EQ(analysed(dense).analysis->matrices[0].probes.size(), 1u) << "two that fall together";
}

TEST_F(DepthTuning, ADamagedEntryOfProbesIsMeasuredAgain) {
    const AnalysisResult first = analysed(dense);
    std::filesystem::path entry;
    for (const auto& file : std::filesystem::directory_iterator(folder.path()))
        if (file.path().string().ends_with(".probes.json")) entry = file.path();
    const std::string sound = *readFile(entry, 1 << 20);
    const auto expectMeasuredAgain = [&](const std::string& bytes, const std::string& what) {
        ASSERT_TRUE(writeFileAtomically(entry, bytes));
        EXPECT_EQ(analysed(dense).analysis->matrices[0].probes, first.analysis->matrices[0].probes)
            << what;
        EXPECT_EQ(*readFile(entry, 1 << 20), sound) << what;
    };
    for (std::size_t at = 0; at < sound.size(); at += sound.size() / 8) {
        std::string flipped = sound;
        flipped[at] = static_cast<char>(flipped[at] ^ 1);
        expectMeasuredAgain(flipped, strCat("a flip at byte ", at));
        expectMeasuredAgain(sound.substr(0, at), strCat("cut at byte ", at));
    }
    const Json content = parseJson(sound)->at("content");  // as earlier versions wrote it
    for (const char* name : {"ranks", "kl", "key"}) {
        Json json = content;
        json.erase(name);
        expectMeasuredAgain(dumpJson(json), strCat("without ", name));
    }
    for (const std::int64_t rank : {std::int64_t{-1}, std::int64_t{100'000'000}}) {
        Json json = content;
        json["ranks"][0][0] = rank;
        expectMeasuredAgain(dumpJson(json), strCat("rank ", rank));
    }
}

TEST_F(DepthTuning, ProbesOfAnEarlierVersionAreRead) {
    analysed(dense);
    for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
        if (!file.path().string().ends_with(".probes.json")) continue;
        Json content = parseJson(*readFile(file.path(), 1 << 20))->at("content");
        content["kl"][0][0] = 7.5;
        ASSERT_TRUE(writeFileAtomically(file.path(), dumpJson(content)));
    }
    EXPECT_EQ(analysed(dense).analysis->matrices[0].probes[0].kl, 7.5);
}

TEST_F(DepthTuning, ProbesFromTheOriginalSayWhatACutAdds) {
    Decoder student = dense;
    spec.target = 0.2;
    ASSERT_TRUE(prune(student, spec, analysed(dense), {}));
    const AnalysisResult own = analysed(student);
    input.reference = outputOf(dense, input.probeSequences);
    const AnalysisResult original = analysed(student);
    const double already = klFrom(dense, student);
    EXPECT_GT(already, 1e-4);
    for (std::size_t i = 0; i < original.analysis->matrices.size(); ++i)
        for (const RankProbe& probe : original.analysis->matrices[i].probes) {
            std::vector<std::int64_t> ranks(original.decompositions.size(), 0);
            ranks[i] = probe.rank;
            const Decoder cut = cutTo(student, original, ranks);
            EXPECT_NEAR(probe.kl, klFrom(dense, cut) - already, 1e-4);
        }
    EXPECT_NE(original.analysis->matrices[0].probes, own.analysis->matrices[0].probes);
    EXPECT_EQ(analysed(student).analysis->matrices[0].probes, original.analysis->matrices[0].probes)
        << "from the cache";
}

TEST_F(DepthTuning, TrialsAreWholeModelsAndTheBestIsTaken) {
    spec.depthTrials = 6;
    const AnalysisResult analysis = analysed(dense);
    Decoder student = dense;
    const auto report = prune(student, spec, analysis, {});
    ASSERT_TRUE(report) << report.error().message;
    const Json depth = report->details["depth"];
    ASSERT_EQ(depth["trials"].size(), 6u);
    const DamageCurves damage = damageCurves(*analysis.analysis, damageRule(spec));
    double best = INFINITY;
    std::vector<std::int64_t> bestRanks;
    for (const Json& trial : depth["trials"]) {
        const auto ranks = budgetRanks(
            *analysis.analysis, spec, {},
            weighedByDepth(damage, *analysis.analysis,
                           {trial["alpha"].get<double>(), trial["gamma"].get<double>()}));
        ASSERT_TRUE(ranks);
        const double kl = trial["kl"];
        EXPECT_NEAR(kl, klFrom(dense, cutTo(dense, analysis, *ranks)), 1e-4);
        if (kl < best) best = kl, bestRanks = *ranks;
    }
    EXPECT_EQ(depth["kl"], best);
    EXPECT_EQ(depth["trials"][0]["kl"], depth["kl_without"]);
    for (std::size_t i = 0; i < bestRanks.size(); ++i)
        EXPECT_EQ(report->ranks[i].second, bestRanks[i]);
    EXPECT_GE(report->targetRemoved, 0.4);
    spec.depthTrials = 0;
    Decoder plain = dense;
    EXPECT_FALSE(prune(plain, spec, analysis, {})->details.contains("depth"));
}

TEST_F(DepthTuning, MeasuresFromTheReference) {
    const Decoder other = tinyDecoder(32, {.layers = 3});
    spec.depthTrials = 1;
    const Json own = depthOf(dense, analysed(dense));
    input.reference = outputOf(other, input.probeSequences);
    const AnalysisResult analysis = analysed(dense);
    const Json distant = depthOf(dense, analysis);
    const auto ranks = chooseRanks(*analysis.analysis, spec);
    ASSERT_TRUE(ranks);
    EXPECT_NEAR(distant["kl"].get<double>(), klFrom(other, cutTo(dense, analysis, *ranks)), 1e-4);
    EXPECT_GT(distant["kl"].get<double>(), own["kl"].get<double>());
}

TEST_F(DepthTuning, WhatWasMeasuredIsNotMeasuredAgain) {
    spec.depthTrials = 3;  // none of them depends on what the others gave
    const AnalysisResult analysis = analysed(dense);
    const Json first = depthOf(dense, analysis);
    const std::string sound = *readFile(profiles(), 1 << 20);
    const Json kept = parseJson(sound)->at("content");
    Json changed = kept;
    for (auto& [name, kl] : changed["kl"].items()) kl = 7.5;
    ASSERT_TRUE(writeFileAtomically(profiles(), dumpJson(changed)));
    const Json depth = depthOf(dense, analysis);
    for (const Json& trial : depth["trials"]) EXPECT_EQ(trial["kl"], 7.5);
    Json keyAlone = kept, text = kept;
    keyAlone.erase("kl");
    text["kl"] = "3";
    for (const std::string& damaged :
         {dumpJson(keyAlone), dumpJson(text), std::string(R"({"key": 5, "kl": {}})"),
          std::string("[]"), std::string("{")}) {
        ASSERT_TRUE(writeFileAtomically(profiles(), damaged));
        EXPECT_EQ(depthOf(dense, analysis), first) << damaged << " is measured again";
        EXPECT_EQ(*readFile(profiles(), 1 << 20), sound);
    }
}

TEST_F(DepthTuning, FollowsWhatRemeasuringHasLeft) {
    spec.depthTrials = 3;
    spec.remeasure = 1;
    spec.target = 0.5;
    Decoder student = dense;
    const auto report = prune(student, spec, analysed(dense), {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->details["remeasured_kl"].size(), 1u);
    EXPECT_EQ(report->details["depth"]["trials"].size(), 3u);
    EXPECT_GE(report->targetRemoved, 0.5);
    EXPECT_LT(report->targetRemoved, 0.56);
}

TEST_F(DepthTuning, EndsWhereItIsCancelled) {
    spec.depthTrials = 3;
    const AnalysisResult analysis = analysed(dense);
    std::stop_source stop;
    stop.request_stop();
    RunContext context;
    context.stop = stop.get_token();
    Decoder student = dense;
    const auto report = prune(student, spec, analysis, context);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->cancelled);
}

}  // namespace
}  // namespace skd::test
