// Documents of tasks out of the files they are published in, and what is wrong with others.
#include <gtest/gtest.h>

#include "eval/tasks/few_shot.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

class TaskDocumentsTest : public testing::Test {
protected:
    TaskDocument one(TaskKind kind, const std::string& line) {
        const auto task = readTaskDocuments({kind, folder.write("a.jsonl", line).string()});
        EXPECT_TRUE(task) << task.error().message;
        return task ? task->documents.at(0) : TaskDocument{};
    }
    std::string refusal(TaskKind kind, const std::string& text) {
        const auto task = readTaskDocuments({kind, folder.write("a.jsonl", text).string()});
        EXPECT_FALSE(task);
        return task ? "" : task.error().message;
    }
    const TemporaryFolder folder;
};

TEST_F(TaskDocumentsTest, ArcIsReadInBothOfItsForms) {
    for (const char* line : {R"({"question": "Q", "answerKey": "B", )"
                             R"("choices": {"text": ["x", "y"], "label": ["A", "B"]}})",
                             R"({"answerKey": "B", "question": {"stem": "Q", "choices": [)"
                             R"({"text": "x", "label": "A"}, {"text": "y", "label": "B"}]}})"}) {
        const TaskDocument document = one(TaskKind::ArcChallenge, line);
        EXPECT_EQ(document.question(1), "Question: Q\nAnswer:");
        EXPECT_EQ(document.continuation(1), " y");
        EXPECT_EQ(document.gold, 1);
    }
}

TEST_F(TaskDocumentsTest, WinoGrandePutsChoicesIntoTheGap) {
    const TaskDocument document = one(
        TaskKind::WinoGrande,
        R"({"sentence": "He met _ at noon. ", "option1": "Al", "option2": "Bo", "answer": "2"})");
    EXPECT_EQ(document.question(0), "He met Al");
    EXPECT_EQ(document.question(1), "He met Bo");
    EXPECT_EQ(document.continuation(0), " at noon.");
    EXPECT_EQ(document.gold, 1);
}

TEST_F(TaskDocumentsTest, OtherTasksHaveTheirPrompts) {
    const TaskDocument boolq =
        one(TaskKind::BoolQ, R"({"question": "is it", "passage": "P", "answer": true})");
    EXPECT_EQ(boolq.question(0), "P\nQuestion: is it?\nAnswer:");
    EXPECT_EQ(boolq.gold, 1);
    const TaskDocument mmlu =
        one(TaskKind::Mmlu,
            R"({"question": " Q\n", "subject": "us_law", "choices": ["1", "2", "3", "4"], )"
            R"("answer": 2})");
    EXPECT_EQ(mmlu.question(0), "Q\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:");
    EXPECT_EQ(mmlu.topic, "us law");
    EXPECT_EQ(mmlu.continuation(2), " C");
    const TaskDocument lambada = one(TaskKind::Lambada, R"({"text": "one two  three"})");
    EXPECT_EQ(lambada.question(0), "one two ");
    EXPECT_EQ(lambada.continuation(0), " three");
    EXPECT_EQ(one(TaskKind::Lambada, R"({"text": "one"})").question(0), "");
    const TaskDocument math =
        one(TaskKind::MathQa,
            R"([{"Problem": "P", "options": "a ) 1 , b ) 2 , c ) 3 , d ) 4 , e ) 5", )"
            R"("correct": "e"}])");
    EXPECT_EQ(math.gold, 4) << "published as one list";
}

TEST_F(TaskDocumentsTest, PiqasLabelsMayLieBesideIt) {
    const std::string row = R"({"goal": "G", "sol1": "x", "sol2": "y"})";
    EXPECT_NE(refusal(TaskKind::Piqa, row).find("\"label\""), std::string::npos);
    folder.write("a-labels.lst", "1\n");
    EXPECT_EQ(one(TaskKind::Piqa, row).gold, 1);
    EXPECT_NE(refusal(TaskKind::Piqa, row + "\n" + row).find("1 labels"), std::string::npos);
}

TEST_F(TaskDocumentsTest, ErrorsNameFileLineAndField) {
    const std::string message =
        refusal(TaskKind::HellaSwag, "\n{\"activity_label\": \"a\", \"ctx_a\": 7}\n");
    for (const char* part : {"a.jsonl:2", "hellaswag", "\"ctx_a\" is not text"})
        EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_NE(refusal(TaskKind::Gsm8k, "{\"question\": \"q\"}").find("\"answer\" is missing"),
              std::string::npos);
    EXPECT_NE(refusal(TaskKind::Gsm8k, "\n").find("no documents"), std::string::npos);
    EXPECT_NE(refusal(TaskKind::Gsm8k, "{\"question\": }").find("a.jsonl:1"), std::string::npos);
    EXPECT_NE(refusal(TaskKind::Gsm8k, "[1]").find("entry 1"), std::string::npos);
    EXPECT_NE(refusal(TaskKind::MathQa, R"({"Problem": "P", "options": "", "correct": "a"})")
                  .find("no choices"),
              std::string::npos);
}

TEST_F(TaskDocumentsTest, ExamplesLeaveOutTheDocumentItself) {
    std::string lines;
    for (const char* goal : {"one", "two", "three"})
        lines += std::string(R"({"goal": ")") + goal +
                 R"(", "sol1": "x", "sol2": "y", "label": 0})" + "\n";
    const auto task = readTaskDocuments({TaskKind::Piqa, folder.write("a.jsonl", lines).string()});
    ASSERT_TRUE(task);
    const auto texts = fewShotTexts(*task, 3, *task, {2, 1234});
    ASSERT_TRUE(texts) << texts.error().message;
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ((*texts)[i].find(task->documents[i].question(0)), std::string::npos);
        EXPECT_NE((*texts)[i].find("\nAnswer: x\n\nQuestion: "), std::string::npos);
    }
    const auto tooMany = fewShotTexts(*task, 3, *task, {3, 1234});
    ASSERT_FALSE(tooMany);
    EXPECT_NE(tooMany.error().message.find("has 3 documents"), std::string::npos);
}

TEST(TaskFiles, NamesAreChecked) {
    EXPECT_EQ(parseTaskFiles({"piqa=a=b"})->front().path, "a=b");
    for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
             {"hellaswg=a", "did you mean"}, {"piqa", "write piqa=FILE"}, {"piqa=", "no file"}}) {
        const auto files = parseTaskFiles({text});
        ASSERT_FALSE(files);
        EXPECT_NE(files.error().message.find(part), std::string::npos) << files.error().message;
    }
    EXPECT_FALSE(parseTaskFiles({"piqa=a", "piqa=b"}));
}

}  // namespace
}  // namespace skd::test
