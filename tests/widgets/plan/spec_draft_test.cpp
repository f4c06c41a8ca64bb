#include "plan/spec_draft.h"

#include <gtest/gtest.h>

#include "plan/study_draft.h"

namespace skd::test {
namespace {

TEST(SpecDraft, HoldsEveryFieldAndOnlyWhatDiffers) {
    SpecDraft draft;
    EXPECT_EQ(draft.fields().size(), describeRunSpec().size());
    EXPECT_TRUE(draft.changes().empty());
    draft.set("prune.target", 0.35);
    draft.set("distill.learning_rate", "rule");  // the default
    EXPECT_EQ(draft.changes().size(), 1u);
    EXPECT_TRUE(draft.isChanged("prune.target"));
    EXPECT_DOUBLE_EQ(draft.spec()->prune.target, 0.35);
    draft.reset("prune.target");
    EXPECT_EQ(*draft.spec(), RunSpec());
}

TEST(SpecDraft, EveryWrongFieldIsNamed) {
    SpecDraft draft;
    draft.set("prune.target", "abc");
    draft.set("distill.batch", 0);
    EXPECT_NE(draft.problem("prune.target").indexOf("must be a number"), -1);
    EXPECT_FALSE(draft.problem("distill.batch").isEmpty());
    EXPECT_TRUE(draft.problem("distill.steps").isEmpty());
    EXPECT_FALSE(draft.spec());
    draft.reset("prune.target");
    draft.reset("distill.batch");
    draft.set("distill.warmup", 1000);  // a rule across fields names one of them
    EXPECT_NE(draft.problem("distill.warmup").indexOf("distill.steps"), -1);
    draft.set("distill.steps", 2000);
    EXPECT_TRUE(draft.spec());
}

TEST(SpecDraft, UndoGoesFieldByField) {
    SpecDraft draft;
    for (const double target : {0.2, 0.25, 0.3}) draft.set("prune.target", target);
    draft.set("seed", 7);
    EXPECT_EQ(draft.undoStack().count(), 2) << "typing one field is one step";
    draft.undoStack().undo();
    EXPECT_EQ(draft.value("seed"), 42);
    EXPECT_EQ(draft.value("prune.target"), 0.3);
    draft.undoStack().undo();
    EXPECT_TRUE(draft.changes().empty());
    draft.undoStack().redo();
    EXPECT_EQ(draft.value("prune.target"), 0.3);
}

TEST(SpecDraft, WholeSpecsComeAndGoAsText) {
    SpecDraft draft;
    RunSpec spec;
    spec.prune.truncation = Truncation::Plain;
    spec.corpus.without = {"c4"};
    spec.schedule.rounds = {{0.2, 5}, {0.4, 6}};
    draft.replace(spec, "test");
    EXPECT_EQ(*draft.spec(), spec);
    SpecDraft other;
    ASSERT_TRUE(other.replaceText(QString::fromStdString(draft.json().dump(2)), "paste"));
    EXPECT_EQ(*other.spec(), spec);
    EXPECT_FALSE(other.replaceText("{\"prune\": {\"tarket\": 1}}", "paste"));
    EXPECT_FALSE(other.replaceText("nonsense", "paste"));
    EXPECT_EQ(*other.spec(), spec) << "what cannot be read changes nothing";
}

TEST(SpecDraft, AppliesFieldsByPath) {
    SpecDraft draft;
    ASSERT_TRUE(draft.apply({{"model.path", "x"}, {"prune.target", 0.5}}, "take"));
    EXPECT_EQ(draft.undoStack().count(), 1);
    EXPECT_EQ(draft.spec()->model.path, "x");
    const Status wrong = draft.apply({{"prune.tarket", 0.5}}, "take");
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message.find("prune.target"), std::string::npos);
}

TEST(StudyText, AssignmentsValuesAndSeedsReadAndWrite) {
    const auto fields =
        parseAssignments("prune.target=0.35; prune.truncation=plain;  model.path=a b ");
    ASSERT_TRUE(fields) << fields.error().message;
    EXPECT_EQ((*fields)["prune.target"], 0.35);
    EXPECT_EQ((*fields)["model.path"], "a b");
    EXPECT_EQ(*parseAssignments(assignmentsText(*fields)), *fields);
    EXPECT_FALSE(parseAssignments("prune.tarket=1"));
    EXPECT_FALSE(parseAssignments("prune.target=7"));
    EXPECT_FALSE(parseAssignments("hello"));
    EXPECT_EQ(*parseValues("prune.target", "0.15, 0.35"), Json::parse("[0.15, 0.35]"));
    EXPECT_EQ(*parseValues("prune.target", "[0.15]"), Json::parse("[0.15]"));
    EXPECT_EQ(*parseValues("prune.truncation", "plain, whitened"),
              Json::parse(R"(["plain", "whitened"])"));
    EXPECT_FALSE(parseValues("prune.truncation", "plane"));
    EXPECT_FALSE(parseValues("prune.target", ""));
    EXPECT_EQ(*parseSeeds(" 42,123 "), (std::vector<std::int64_t>{42, 123}));
    EXPECT_FALSE(parseSeeds("42, x"));
    EXPECT_FALSE(parseSeeds(""));
}

TEST(StudyDraft, PresetsSurviveTheirWayThroughTheForm) {
    const auto study = readStudySpec(SKD_SOURCE_DIR "/resources/presets/table-iii.json");
    ASSERT_TRUE(study);
    StudyDraft draft;
    draft.load(*study);
    const auto back = draft.study();
    ASSERT_TRUE(back) << back.error().message;
    // Fields at their defaults are left out of the base: the runs are the same.
    EXPECT_EQ(back->variants, study->variants);
    EXPECT_EQ(back->table, study->table);
    EXPECT_EQ(back->grid, study->grid);
    draft.undoStack().undo();
    EXPECT_EQ(draft.rest().name, "study") << "opening is one step";
    EXPECT_TRUE(draft.base().changes().empty());
}

}  // namespace
}  // namespace skd::test
