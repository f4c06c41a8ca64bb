#pragma once

#include <QString>
#include <QStringList>
#include <vector>

#include "store/records.h"

namespace skd {

/// A line such as `svd -plain status = completed ppl < 50 tag = "for the talk"`: words must occur
/// in name, model, method, study, variant, tags or notes (must not, after a minus); comparisons are
/// on the fields below. Texts are compared by containment, without regard to case.
class RunFilter {
public:
    struct Field {
        const char* name;
        bool numeric;
        QString help;
    };

    explicit RunFilter(const QString& line = {});
    [[nodiscard]] bool matches(const RunRow& run) const;
    [[nodiscard]] bool isEmpty() const { return m_terms.empty() && m_words.empty(); }
    /// What of the line is not understood; empty when all is.
    [[nodiscard]] const QString& problem() const { return m_problem; }

    static const std::vector<Field>& fields();

private:
    struct Term {
        QString field, relation, value;
        double number = 0;
    };
    struct Word {
        QString text;
        bool excluded = false;
    };
    void readTerm(const QString& field, const QString& relation, const QString& value);
    [[nodiscard]] static bool holds(const Term& term, const RunRow& run);
    [[nodiscard]] static bool containsWord(const RunRow& run, const QString& word);
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
