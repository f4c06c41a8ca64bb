#include <gtest/gtest.h>

#include "core/report/invented_study.h"
#include "report/report.h"

namespace skd::test {
namespace {

/// Seeds that removed these shares at a target of 15 %.
void remove(InventedStudy& study, const std::string& variant, double first, double second) {
    study.finish(variant, {40, 40});
    for (const std::int64_t seed : {1, 2}) {
        RoundSummary& round = study.run(variant, seed).summary.rounds.at(0);
        round.target = 0.15;
        round.targetRemoved = seed == 1 ? first : second;
    }
}

TEST(TargetWarnings, SayWhatRemovesMoreOrLessThanItWasAskedTo) {
    InventedStudy study({{"over", {{"prune.method", "llm-pruner"}}},
                         {"under", kNothing},
                         {"met", kNothing},
                         {"directions", {{"prune.method", "slicegpt"}}},
                         {"energy", {{"prune.ranks", "energy"}}}});
    remove(study, "over", 0.22, 0.224);
    remove(study, "under", 0.10, 0.10);
    remove(study, "met", 0.148, 0.152);
    remove(study, "directions", 0.025, 0.025);
    remove(study, "energy", 0.6, 0.6);
    const std::vector<std::string> warnings = makeReport(study.results).warnings;
    EXPECT_TRUE(anyContains(warnings, "over: 22.2 % removed at a target of 15.0 % (more"));
    EXPECT_TRUE(anyContains(warnings, "under: 10.0 % removed at a target of 15.0 % (less"));
    for (const char* silent : {"met: ", "directions: ", "energy: "})
        EXPECT_FALSE(anyContains(warnings, silent)) << silent;
}

TEST(TargetWarnings, LeaveRoundsOutThatWereRolledBack) {
    InventedStudy study({{"a", kNothing}});
    remove(study, "a", 0.5, 0.5);
    for (const std::int64_t seed : {1, 2})
        study.run("a", seed).summary.rounds.at(0).rolledBack = true;
    EXPECT_FALSE(anyContains(makeReport(study.results).warnings, "at a target of"));
}

/// The note names the text that the runs recorded, not what the spec would use today.
TEST(QualityNote, NamesTheTextThatWasMeasured) {
    InventedStudy study({{"a", kNothing}});
    study.finish("a", {40, 40});
    study.qualify("a", {0.1, 0.2}, {0.9, 0.8});
    for (const std::int64_t seed : {1, 2})
        study.run("a", seed).summary.quality->text = "first 512 tokens of the evaluation text";
    bool found = false;
    for (const ReportTable& table : makeReport(study.results).tables)
        found = found ||
                anyContains(table.notes, "Measured on the first 512 tokens of the evaluation text");
    EXPECT_TRUE(found);
}

}  // namespace
}  // namespace skd::test
