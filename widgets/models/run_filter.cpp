#include "models/run_filter.h"

#include <QRegularExpression>
#include <cmath>
#include <optional>

#include "models/runs_model.h"

namespace skd {

namespace {

std::optional<double> numberField(const RunRow& run, const QString& field) {
    if (field == QLatin1String("ppl")) return run.postKdPpl;
    if (field == QLatin1String("post_prune")) return run.postPrunePpl;
    if (field == QLatin1String("dense")) return run.densePpl;
    if (field == QLatin1String("removed")) return run.mlpRemoved;
    if (field == QLatin1String("target")) return run.target;
    if (field == QLatin1String("seed")) return static_cast<double>(run.seed);
    return std::nullopt;
}

std::optional<QString> textField(const RunRow& run, const QString& field) {
    if (field == QLatin1String("status")) return QString::fromLatin1(runStatusName(run.status));
    if (field == QLatin1String("model")) return QString::fromStdString(run.model);
    if (field == QLatin1String("method")) return QString::fromStdString(run.method);
    if (field == QLatin1String("name")) return QString::fromStdString(run.name);
    return std::nullopt;
}

bool compare(double a, const QString& relation, double b) {
    if (std::isnan(a)) return false;
    if (relation == QLatin1String("<")) return a < b;
    if (relation == QLatin1String("<=")) return a <= b;
    if (relation == QLatin1String(">")) return a > b;
    if (relation == QLatin1String(">=")) return a >= b;
    const bool same = std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b));
    return relation == QLatin1String("!=") ? !same : same;
}

}  // namespace

RunFilter::RunFilter(const QString& line) {
    static const QRegularExpression comparison(
        QStringLiteral(R"((\w+)\s*(<=|>=|!=|=|<|>)\s*(\S+))"));
    QString rest = line;
    for (auto match = comparison.globalMatch(line); match.hasNext();) {
        const QRegularExpressionMatch found = match.next();
        const Term term{found.captured(1).toLower(), found.captured(2), found.captured(3)};
        bool number = false;
        term.value.toDouble(&number);
        const bool numeric = numberField({}, term.field).has_value();
        if (!numeric && !textField({}, term.field))
            m_problem = QObject::tr("there is no field %1").arg(term.field);
        else if (numeric && !number)
            m_problem = QObject::tr("%1 is compared with a number").arg(term.field);
        else
            m_terms.push_back(term);
        rest.replace(found.captured(0), QStringLiteral(" "));
    }
    m_words = rest.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

bool RunFilter::containsWord(const RunRow& run, const QString& word) {
    for (const std::string* text : {&run.name, &run.model, &run.method, &run.notes})
        if (QString::fromStdString(*text).contains(word, Qt::CaseInsensitive)) return true;
    return false;
}

bool RunFilter::holds(const Term& term, const RunRow& run) {
    if (const auto number = numberField(run, term.field))
        return compare(*number, term.relation, term.value.toDouble());
    const bool same = textField(run, term.field)->contains(term.value, Qt::CaseInsensitive);
    return term.relation == QLatin1String("!=") ? !same : same;
}

bool RunFilter::matches(const RunRow& run) const {
    for (const QString& word : m_words)
        if (!containsWord(run, word)) return false;
    for (const Term& term : m_terms)
        if (!holds(term, run)) return false;
    return true;
}

void RunsProxy::setFilter(const RunFilter& filter) {
    m_filter = filter;
    invalidateFilter();
}

bool RunsProxy::filterAcceptsRow(int row, const QModelIndex& parent) const {
    const QVariant run = sourceModel()->index(row, 0, parent).data(RunsModel::RowRole);
    return m_filter.matches(run.value<RunRow>());
}

}  // namespace skd
