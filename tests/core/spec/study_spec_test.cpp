#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "spec/config_diff.h"
#include "spec/study_plan.h"
#include "spec/study_scale.h"

namespace skd {
namespace {

Json json(const std::string& text) {
    auto parsed = parseJson(text);
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed ? *parsed : Json();
}

StudySpec study(const std::string& text) {
    auto parsed = parseStudySpec(json(text));
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed ? *parsed : StudySpec();
}

std::string problem(const std::string& text) {
    const auto parsed = parseStudySpec(json(text));
    if (!parsed) return parsed.error().message;
    const auto plan = planStudy(*parsed);
    return plan ? "" : plan.error().message;
}

void expectMentions(const std::string& text, std::initializer_list<const char*> words) {
    for (const char* word : words)
        EXPECT_NE(text.find(word), std::string::npos) << "\"" << word << "\" is not in: " << text;
}

TEST(StudySpec, EverySizeOfMistakeIsNamed) {
    expectMentions(problem(R"({"name": "s", "variant": []})"), {"variant", "variants"});
    expectMentions(problem(R"({"name": "s", "variants": []})"), {"variants", "at least one"});
    expectMentions(problem(R"({"name": "s", "variants": [{"name": "a"}, {"name": "a"}]})"),
                   {"two variants", "\"a\""});
    expectMentions(
        problem(R"({"name": "s", "variants": [{"name": "a", "overrides": {"prune.tarket": 1}}]})"),
        {"variants.0.overrides", "prune.tarket", "prune.target"});
    expectMentions(
        problem(R"({"name": "s", "base": {"prune.target": "much"}, "variants": [{"name": "a"}]})"),
        {"base", "prune.target"});
    expectMentions(
        problem(R"({"name": "s", "base": {"prune.method": 3}, "variants": [{"name": "a"}]})"),
        {"prune.method", "text"});
    expectMentions(
        problem(R"({"name": "s", "base": {"prune.target": 7}, "variants": [{"name": "a"}]})"),
        {"prune.target", "0.99"});
    expectMentions(problem(R"({"name": "s", "seeds": [], "variants": [{"name": "a"}]})"),
                   {"seeds"});
    expectMentions(problem(R"({"name": "s", "seeds": [1, 1], "variants": [{"name": "a"}]})"),
                   {"twice"});
    expectMentions(problem(R"({"name": "s", "seeds": [1.5], "variants": [{"name": "a"}]})"),
                   {"seeds.0"});
    expectMentions(
        problem(R"({"name": "s", "grid": {"prune.target": []}, "variants": [{"name": "a"}]})"),
        {"grid.prune.target", "at least one"});
    expectMentions(
        problem(R"({"name": "s", "variants": [{"name": "a", "paper": {"post_kd_pl": 3}}]})"),
        {"variants.0.paper.post_kd_pl", "post_kd_ppl"});
    expectMentions(problem(
                       R"({"name": "s", "variants": [{"name": "Dense+KD"}],
        "table": {"rows": [{"variant": "Dense+CD"}]}})"),
                   {"table.rows.0.variant", "did you mean \"Dense+KD\""});
    expectMentions(problem(R"({"name": "s", "scale": 0, "variants": [{"name": "a"}]})"), {"scale"});
}

TEST(StudySpec, WhatIsWrittenReadsBack) {
    const StudySpec first = study(
        R"({"name": "s", "title": "t", "scale": 0.5, "base": {"prune.target": 0.35,
         "schedule.rounds": [{"target": 0.1}]}, "seeds": [7, 8],
        "variants": [{"name": "a", "overrides": {"distill.alpha": 1}, "paper": {"std": 0.5},
        "one_seed": true, "grid": false}],
        "grid": {"prune.energy": [0.9, 0.95]}, "table": {"layout": "pruners",
        "pivot": "prune.energy", "rows": [{"variant": "a", "round": 2}]}})");
    const auto again = parseStudySpec(toJson(first));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, first);
}

TEST(StudySpec, DescribesItsFields) {
    std::set<std::string> paths;
    for (const FieldDescription& field : describeStudySpec()) {
        paths.insert(field.path);
        EXPECT_FALSE(std::string(field.info.help).empty()) << field.path;
        if (field.path == "variants") {
            EXPECT_EQ(field.elements.size(), 5u);
        }
    }
    for (const char* path :
         {"name", "base", "seeds", "grid", "scale", "table.layout", "table.rows"})
        EXPECT_TRUE(paths.contains(path)) << path;
}

TEST(StudySpec, SeedsDoNotChangeWhichStudyItIs) {
    StudySpec a = study(R"({"name": "s", "seeds": [1], "variants": [{"name": "a"}]})"), b = a;
    b.seeds = {1, 2, 3};
    EXPECT_EQ(studyHash(a), studyHash(b));
    b.scale = 0.5;
    EXPECT_NE(studyHash(a), studyHash(b));
}

/// Studies on record were hashed before rows had a batch and tables had notes.
TEST(StudySpec, LaterFieldsDoNotChangeWhichStudyItIs) {
    StudySpec a = study(
        R"({"name": "s", "seeds": [1], "variants": [{"name": "a"}],
            "table": {"rows": [{"variant": "a", "round": 2}]}})");
    StudySpec seedless = a;
    seedless.seeds.clear();
    Json earlier = toJson(seedless);
    earlier["table"].erase("notes");
    for (Json& row : earlier["table"]["rows"]) row.erase("batch");
    EXPECT_EQ(studyHash(a), sha256Hex(dumpJson(earlier)));
    StudySpec b = a;
    b.table.rows[0].batch = 16;
    EXPECT_NE(studyHash(a), studyHash(b));
}

TEST(StudySpec, AListOfNumbersNamesTheOneThatIsWrong) {
    const auto refusal = [](const char* batches) {
        return problem(R"({"name": "s", "variants": [{"name": "a"}],
                           "base": {"inference.batches": )" +
                       std::string(batches) + "}}");
    };
    expectMentions(refusal("[1, 0]"), {"base", "inference.batches.1", "between 1 and"});
    expectMentions(refusal("[1.5]"), {"inference.batches.0", "whole number"});
    expectMentions(refusal("16"), {"inference.batches", "list of whole numbers"});
    EXPECT_EQ(refusal("[1, 16]"), "");
}

TEST(StudyPlan, IsTheProductOfVariantsGridAndSeeds) {
    const auto plan =
        planStudy(study(R"({"name": "s", "seeds": [1, 2], "base": {"distill.steps": 0},
        "variants": [{"name": "a"}, {"name": "b", "overrides": {"prune.method": "wanda"}},
        {"name": "c", "grid": false, "one_seed": true}],
        "grid": {"prune.target": [0.1, 0.2, 0.3], "prune.rank_multiple": [8, 16]}})"));
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->runs.size(), 2u * 2 * 6 + 1);
    std::set<std::string> points;
    for (const PlannedRun& run : plan->runs) {
        EXPECT_EQ(run.spec.distill.steps, 0);
        EXPECT_EQ(run.spec.seed, run.seed);
        points.insert(run.spec.name);
        if (run.variant == "b (prune.rank_multiple=8, prune.target=0.2)") {
            EXPECT_EQ(run.spec.prune.method, PruneMethod::Wanda);
            EXPECT_EQ(run.spec.prune.target, 0.2);
            EXPECT_EQ(run.spec.prune.rankMultiple, 8);
        }
    }
    EXPECT_EQ(points.size(), plan->runs.size()) << "every run has a name of its own";
}

TEST(StudyPlan, OverridesOfAVariantWinOverGridAndBase) {
    const auto plan = planStudy(
        study(R"({"name": "s", "seeds": [1], "base": {"prune.target": 0.1, "distill.steps": 3},
        "variants": [{"name": "a", "overrides": {"prune.target": 0.5}}],
        "grid": {"prune.target": [0.2]}})"));
    EXPECT_EQ(plan->runs[0].spec.prune.target, 0.5);
    EXPECT_EQ(plan->runs[0].spec.distill.steps, 3);
}

TEST(StudyPlan, ReferencesMeanTheSameSeedOrTheFirstAndComeBehind) {
    const auto plan = planStudy(study(R"({"name": "s", "seeds": [5, 6], "variants": [
        {"name": "student", "overrides": {"teacher.path": "variant:teacher",
        "model.path": "variant:base@40"}},
        {"name": "teacher"}, {"name": "base", "one_seed": true}]})"));
    ASSERT_TRUE(plan) << plan.error().message;
    ASSERT_EQ(plan->runs.size(), 5u);
    for (std::size_t i = 0; i < plan->runs.size(); ++i) {
        const PlannedRun& run = plan->runs[i];
        for (const std::size_t needed : run.needs) EXPECT_LT(needed, i);
        if (run.variant != "student") continue;
        ASSERT_EQ(run.needs.size(), 2u);
        EXPECT_EQ(plan->runs[run.needs[0]].seed, run.seed);
        EXPECT_EQ(plan->runs[run.needs[1]].seed, 5);
        const RunSpec spec = resolved(*plan, i, [](std::size_t index) {
            return RunId(100 + static_cast<std::int64_t>(index));
        });
        EXPECT_EQ(spec.teacher.path, "run:" + std::to_string(100 + run.needs[0]));
        EXPECT_EQ(spec.model.path, "run:" + std::to_string(100 + run.needs[1]) + "@40");
    }
}

TEST(StudyPlan, RefusesCirclesAndReferencesToNothing) {
    expectMentions(problem(
                       R"({"name": "s", "variants": [{"name": "a",
        "overrides": {"teacher.path": "variant:b"}}, {"name": "b",
        "overrides": {"model.path": "variant:a"}}]})"),
                   {"circle", "\"a\" needs \"b\" needs \"a\""});
    expectMentions(problem(
                       R"({"name": "s", "variants": [{"name": "a",
        "overrides": {"teacher.path": "variant:a"}}]})"),
                   {"circle"});
    expectMentions(problem(
                       R"({"name": "s", "variants": [{"name": "a",
        "overrides": {"teacher.path": "variant:teecher"}}, {"name": "teacher"}]})"),
                   {"teecher", "did you mean \"variant:teacher\""});
}

TEST(StudyScale, KeepsPassesOverTheCorpusAndStatesWhatChanged) {
    RunSpec full;
    full.corpus.samples = 50'000;
    full.corpus.sequenceLength = 512;
    full.distill.batch = 32;
    full.distill.steps = 1562;
    full.distill.warmup = 150;
    full.schedule.rounds = {{0.15, 0}, {0.35, 781}};
    full.eval.maxTokens = 0;
    for (const double scale : {0.5, 0.1, 0.01, 0.004}) {
        const RunSpec small = scaled(full, scale);
        const auto passes = [](const RunSpec& s, std::int64_t steps) {
            return static_cast<double>(steps * s.distill.batch) /
                   static_cast<double>(s.corpus.samples);
        };
        EXPECT_NEAR(passes(small, small.distill.steps), passes(full, full.distill.steps), 0.03)
            << scale;
        EXPECT_NEAR(passes(small, small.schedule.rounds[1].steps), passes(full, 781), 0.03)
            << scale;
        EXPECT_EQ(small.schedule.rounds[0].steps, 0) << "still distill.steps";
        EXPECT_EQ(small.corpus.samples, std::llround(50'000 * scale));
        EXPECT_GE(small.eval.maxTokens, 8192);
        EXPECT_LE(small.distill.warmup, small.distill.steps);
        EXPECT_EQ(small.prune.target, full.prune.target);
    }
    EXPECT_EQ(scaled(full, 0.1).refine, RefineSpec()) << "nothing is refined";
    full.refine.passes = 2;
    EXPECT_EQ(scaled(full, 0.1).refine.samples, 26);
    EXPECT_EQ(scaled(full, 0.004).refine.samples, 16);
    full.refine.passes = 0;
    const RunSpec small = scaled(full, 0.004);
    EXPECT_EQ(small.corpus.sequenceLength, 256);
    EXPECT_EQ(small.distill.batch, 4);
    EXPECT_EQ(scaled(full, 1), full);
    bool stated = false;
    for (const std::string& line : scaleChanges(full, 0.004))
        stated = stated || line == "corpus.samples: 50,000 → 200";
    EXPECT_TRUE(stated);
}

TEST(StudyScale, ABudgetShrinksAndItsCorpusFollows) {
    RunSpec full;
    full.corpus.samples = 0;
    full.corpus.sequenceLength = 256;
    full.distill.budget = 1'000'000;
    full.distill.steps = 100;
    EXPECT_EQ(samplesOf(full), 3907) << "one million by 256, rounded up";
    const RunSpec small = scaled(full, 0.15);
    EXPECT_EQ(small.distill.budget, 150'000);
    EXPECT_EQ(small.distill.steps, 15);
    EXPECT_EQ(small.corpus.samples, 0);
    EXPECT_EQ(samplesOf(small), 586);
    full.distill.budget = 0;
    EXPECT_EQ(samplesOf(full), 100 * full.distill.batch) << "what the steps read once";
    full.distill.steps = 1;
    EXPECT_EQ(samplesOf(full), full.prune.calibrationTokens / 256) << "what an analysis reads";
    full.refine.passes = 1;
    full.refine.samples = 5000;
    EXPECT_EQ(samplesOf(full), 5000) << "what refinement reads";
    full.corpus.samples = 12;
    EXPECT_EQ(samplesOf(full), 12);
}

TEST(StudyScale, LeavesWhatIsAlreadySmall) {
    RunSpec tiny;
    tiny.corpus.samples = 12;
    tiny.corpus.sequenceLength = 48;
    tiny.distill.batch = 2;
    tiny.distill.steps = 6;
    tiny.eval.maxTokens = 700;
    tiny.eval.liveTokens = 300;
    tiny.prune.calibrationTokens = 400;
    tiny.prune.fisherTokens = 400;
    tiny.prune.probeTokens = 90;
    EXPECT_EQ(scaled(tiny, 0.01), tiny);
}

TEST(ConfigDiff, ShowsOnlyDifferences) {
    const std::vector<Json> specs{
        json(R"({"a": 1, "g": {"x": [1, 2], "y": "t"}, "l": [{"p": 1}, {"p": 2}]})"),
        json(R"({"a": 1, "g": {"x": [1, 2, 3], "y": "t"}, "l": [{"p": 1}, {"p": 5}], "n": true})")};
    const auto differences = configDiff(specs);
    ASSERT_EQ(differences.size(), 3u);
    EXPECT_EQ(differences[0].path, "g.x");
    EXPECT_EQ(differences[1].path, "l.1.p");
    EXPECT_EQ(differences[1].values, (std::vector<Json>{2, 5}));
    EXPECT_EQ(differences[2].path, "n");
    EXPECT_TRUE(differences[2].values[0].is_null());
    EXPECT_TRUE(configDiff({specs[0], specs[0], specs[0]}).empty());
}

namespace {

/// Those that are one run each.
const std::set<std::string> kRunPresets{"demo", "elastic-1m", "elastic-4m"};

bool isRun(const std::filesystem::path& preset) {
    return kRunPresets.contains(preset.stem().string());
}

}  // namespace

TEST(StudyPresets, RunsAreValid) {
    for (const std::string& name : kRunPresets) {
        const auto spec = readRunSpec(strCat(SKD_SOURCE_DIR, "/resources/presets/", name, ".json"));
        ASSERT_TRUE(spec) << spec.error().message;
        EXPECT_EQ(spec->name, name);
        const Status valid = validate(*spec), applicable = checkApplicable(*spec);
        EXPECT_TRUE(valid) << name << ": " << valid.error().message;
        EXPECT_TRUE(applicable) << name << ": " << applicable.error().message;
        EXPECT_EQ(spec->elastic.isOn(), name != "demo");
    }
}

TEST(StudyPresets, AllCanBePlannedAtEveryScale) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::path(SKD_SOURCE_DIR) / "resources" / "presets")) {
        if (isRun(entry.path())) continue;
        auto read = readStudySpec(entry.path().string());
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->name, entry.path().stem().string());
        EXPECT_FALSE(read->about.empty());
        names.insert(read->name);
        for (const double scale : {1.0, 0.004}) {
            read->scale = scale;
            const auto plan = planStudy(*read);
            ASSERT_TRUE(plan) << read->name << ": " << plan.error().message;
            for (std::size_t i = 0; i < plan->runs.size(); ++i) {
                RunSpec spec = resolved(*plan, i, [](std::size_t index) {
                    return RunId(1 + static_cast<std::int64_t>(index));
                });
                const Status valid = validate(spec);
                EXPECT_TRUE(valid)
                    << read->name << ", " << spec.name << ": " << valid.error().message;
            }
        }
    }
    EXPECT_EQ(names, (std::set<std::string>{"table-ii", "table-iii", "table-iv", "table-v",
                                            "table-vi", "table-vii", "table-viii", "table-ix",
                                            "table-x", "pruners", "allocations", "recovery",
                                            "consistency", "refinement", "channels"}));
}

/// Base of a recovery preset without what its arms are about.
Json sharedBase(const StudySpec& study) {
    Json base = study.base;
    for (const char* field : {"refine.samples", "refine.batch"}) base.erase(field);
    return base;
}

TEST(StudyPresets, RecoveriesDifferInTheirArmsAlone) {
    const auto preset = [](const char* name) {
        auto read = readStudySpec(strCat(SKD_SOURCE_DIR, "/resources/presets/", name, ".json"));
        EXPECT_TRUE(read) << read.error().message;
        return read ? *read : StudySpec();
    };
    const StudySpec recovery = preset("recovery");
    for (const char* name : {"refinement", "channels"}) {
        const StudySpec study = preset(name);
        EXPECT_EQ(sharedBase(study), recovery.base) << name;
        EXPECT_EQ(study.seeds, recovery.seeds) << name;
        const auto plan = planStudy(study);
        ASSERT_TRUE(plan) << plan.error().message;
        int tunedDense = 0, byEntropy = 0, byTeacher = 0, refined = 0;
        std::set<std::string> rows;
        std::set<MlpArm> arms;
        for (const PlannedRun& run : plan->runs) {
            EXPECT_EQ(run.spec.distill.budget, 150'000) << run.spec.name;
            const RunSpec spec = withControl(run.spec);
            arms.insert(spec.prune.mlpArm);
            tunedDense += run.spec.control == Control::DenseCe;
            byEntropy += spec.prune.method == PruneMethod::Svd && spec.distill.alpha == 0;
            byTeacher += spec.prune.method == PruneMethod::Svd && spec.distill.alpha == 1;
            refined += spec.refine.passes > 0;
        }
        for (const StudyTableRow& row : study.table.rows) rows.insert(row.variant);
        for (const StudyVariant& variant : study.variants)
            EXPECT_TRUE(rows.contains(variant.name)) << variant.name << " has no row";
        EXPECT_EQ(tunedDense, 2) << name;
        EXPECT_EQ(byEntropy, 2) << name << ": what the teacher adds";
        EXPECT_EQ(byTeacher, 2) << name << ": what the teacher adds";
        EXPECT_EQ(refined, name == std::string("refinement") ? 6 : 0);
        EXPECT_EQ(arms.size(), name == std::string("channels") ? 3u : 1u);
    }
}

}  // namespace
}  // namespace skd
