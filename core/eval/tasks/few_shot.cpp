#include "eval/tasks/few_shot.h"

#include <algorithm>

#include "base/text.h"
#include "eval/tasks/python_random.h"

namespace skd {
namespace {

using Examples = std::vector<const TaskDocument*>;

/// Tasks without a test split: the harness takes the examples' split for the one that is scored.
bool leavesOutItself(TaskKind kind) {
    return kind == TaskKind::HellaSwag || kind == TaskKind::Piqa || kind == TaskKind::WinoGrande ||
           kind == TaskKind::BoolQ;
}

tl::unexpected<Error> tooFew(const TaskDocuments& pool, std::size_t has, std::size_t needs) {
    return fail(ErrorCode::InvalidInput,
                strCat(pool.file, " has ", has, " documents to draw examples from, but ", needs,
                       " are needed; give a larger file or fewer examples"));
}

/// Draws the examples of one document after the other.
class ExampleDraw {
public:
    ExampleDraw(const TaskDocuments& pool, const FewShotOptions& options)
        : m_pool(pool),
          m_count(static_cast<std::size_t>(options.examples)),
          m_random(options.seed) {
        for (const TaskDocument& document : pool.documents) m_all.push_back(&document);
    }

    Result<Examples> next(const TaskDocument& asked) {
        if (m_count == 0) return Examples();
        if (m_pool.kind == TaskKind::Mmlu) return firstOfTopic(asked.topic);
        if (!leavesOutItself(m_pool.kind)) return draw(m_all, m_count);
        SKD_TRY(const Examples drawn, draw(m_all, m_count + 1));
        Examples others = without(drawn, asked);
        if (others.size() < m_count) return draw(without(m_all, asked), m_count);
        others.resize(m_count);
        return others;
    }

private:
    static Examples without(const Examples& examples, const TaskDocument& asked) {
        Examples others;
        for (const TaskDocument* example : examples)
            if (example->row != asked.row) others.push_back(example);
        return others;
    }

    Result<Examples> draw(const Examples& from, std::size_t count) {
        if (from.size() < count) return tooFew(m_pool, from.size(), count);
        Examples drawn;
        for (const std::size_t place : m_random.sample(from.size(), count))
            drawn.push_back(from[place]);
        return drawn;
    }

    [[nodiscard]] Result<Examples> firstOfTopic(const std::string& topic) const {
        Examples first;
        for (const TaskDocument* example : m_all)
            if (example->topic == topic && first.size() < m_count) first.push_back(example);
        if (first.size() < m_count)
            return fail(tooFew(m_pool, first.size(), m_count).value().in(strCat("topic ", topic)));
        return first;
    }

    const TaskDocuments& m_pool;
    std::size_t m_count;
    PythonRandom m_random;
    Examples m_all;
};

/// A document with its answer. An empty answer of a task without choices is none, as in the
/// harness.
Result<std::string> exampleText(const TaskDocument& example) {
    if (!example.choices.empty() && example.gold < 0)
        return fail(ErrorCode::InvalidInput,
                    strCat(example.where, " has no right answer; it cannot be an example"));
    const auto gold = static_cast<std::size_t>(std::max<std::int64_t>(example.gold, 0));
    const bool choosesQuestion = example.questions.size() > 1;
    const std::string& answer =
        example.choices.empty() || choosesQuestion ? example.target : example.choices[gold];
    const std::string& question = example.question(gold);
    if (answer.empty() && (example.choices.empty() || choosesQuestion)) return question;
    return strCat(question, " ", answer, "\n\n");
}

}  // namespace

Result<std::vector<std::string>> fewShotTexts(const TaskDocuments& task, std::size_t count,
                                              const TaskDocuments& pool,
                                              const FewShotOptions& options) {
    ExampleDraw draw(pool, options);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::min(count, task.documents.size()); ++i) {
        const TaskDocument& document = task.documents[i];
        std::string& text = texts.emplace_back();
        if (task.kind == TaskKind::Mmlu)
            text = strCat("The following are multiple choice questions (with answers) about ",
                          document.topic, ".\n\n");
        SKD_TRY(const Examples examples, draw.next(document));
        for (const TaskDocument* example : examples) {
            SKD_TRY(const std::string one, exampleText(*example));
            text += one;
        }
    }
    return texts;
}

}  // namespace skd
