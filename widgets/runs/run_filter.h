#pragma once

#include "bridge/text.h"

namespace skd {

/// A line such as `svd -plain status = completed ppl < 50 tag = "for the talk"`: words must occur
/// in name, model, method, study, variant, tags or notes (must not, after a minus); comparisons are
/// on the fields below. Texts are compared by containment, without regard to case.
class RunFilter {
public:
    /// What comparisons are on: a figure of a run, or texts.
    struct Field {
        const char* name;
        QString help;
        double (*figure)(const RunRow& run) = nullptr;
        QStringList (*texts)(const RunRow& run) = nullptr;
    };

    explicit RunFilter(const QString& line = {});
    [[nodiscard]] bool matches(const RunRow& run) const;
    [[nodiscard]] bool isEmpty() const { return m_terms.empty() && m_words.empty(); }
    /// What of the line is not understood; empty when all is.
    [[nodiscard]] const QString& problem() const { return m_problem; }

    static const std::vector<Field>& fields();

private:
    struct Term {
        const Field* field;
        QString relation, value;
        double number = 0;
    };
    struct Word {
        QString text;
        bool excluded = false;
    };
    void readTerm(const QString& name, const QString& relation, const QString& value);
    std::vector<Term> m_terms;
    std::vector<Word> m_words;
    QString m_problem;
};

/// What a user may continue with at the end of `line`: names of fields, relations after a field,
/// values that `runs` have after a relation. Each stands for the last, unfinished part of the
/// line.
struct FilterCompletion {
    qsizetype begin = 0;  ///< of the part that is replaced
    QStringList candidates;
};
FilterCompletion completeFilter(const QString& line, const std::vector<RunRow>& runs);

}  // namespace skd
