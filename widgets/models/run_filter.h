#pragma once

#include <QSortFilterProxyModel>
#include <QString>
#include <vector>

#include "store/records.h"

namespace skd {

/// A line such as "svd status = completed ppl < 50": words must occur in name, model or method;
/// comparisons are on status, seed, ppl, post_prune, dense, removed, target.
class RunFilter {
public:
    explicit RunFilter(const QString& line = {});
    [[nodiscard]] bool matches(const RunRow& run) const;
    /// What of the line is not understood; empty when all is.
    [[nodiscard]] const QString& problem() const { return m_problem; }

private:
    struct Term {
        QString field, relation, value;
    };
    [[nodiscard]] static bool holds(const Term& term, const RunRow& run);
    [[nodiscard]] static bool containsWord(const RunRow& run, const QString& word);
    std::vector<Term> m_terms;
    QStringList m_words;
    QString m_problem;
};

class RunsProxy : public QSortFilterProxyModel {
    Q_OBJECT
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setFilter(const RunFilter& filter);

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    RunFilter m_filter;
};

}  // namespace skd
