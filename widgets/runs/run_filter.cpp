#include "runs/run_filter.h"

#include <QObject>
#include <QRegularExpression>
#include <QSet>
#include <algorithm>
#include <cmath>
#include <optional>

namespace skd {

namespace {

constexpr qsizetype kMostValues = 200;  ///< offered after a relation

double recovery(const RunRow& run) {
    const double lost = run.postPrunePpl - run.densePpl;
    return lost > 0 ? (run.postPrunePpl - run.postKdPpl) / lost : std::nan("");
}

std::optional<double> numberField(const RunRow& run, const QString& field) {
    if (field == QLatin1String("ppl")) return run.postKdPpl;
    if (field == QLatin1String("post_prune")) return run.postPrunePpl;
    if (field == QLatin1String("dense")) return run.densePpl;
    if (field == QLatin1String("removed")) return run.mlpRemoved;
    if (field == QLatin1String("recovery")) return recovery(run);
    if (field == QLatin1String("target")) return run.target;
    if (field == QLatin1String("seed")) return static_cast<double>(run.seed);
    if (field == QLatin1String("id")) return static_cast<double>(run.id.value());
    return std::nullopt;
}

QStringList one(const std::string& text) {
    return {QString::fromStdString(text)};
}

std::optional<QStringList> textField(const RunRow& run, const QString& field) {
    if (field == QLatin1String("status")) return one(runStatusName(run.status));
    if (field == QLatin1String("model")) return one(run.model);
    if (field == QLatin1String("method")) return one(run.method);
    if (field == QLatin1String("name")) return one(run.name);
    if (field == QLatin1String("study")) return one(run.studyName);
    if (field == QLatin1String("variant")) return one(run.variant);
    if (field == QLatin1String("notes")) return one(run.notes);
    if (field != QLatin1String("tag")) return std::nullopt;
    QStringList tags;
    for (const std::string& tag : run.tags) tags << QString::fromStdString(tag);
    return tags;
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

/// field, relation, value in quotes or without
const QRegularExpression& comparison() {
    static const QRegularExpression pattern(
        QStringLiteral(R"re((\w+)\s*(<=|>=|!=|=|<|>)\s*(?:"([^"]*)"|([^\s"]+)))re"));
    return pattern;
}

QString quoted(const QString& value) {
    return value.contains(QLatin1Char(' ')) ? QStringLiteral("\"%1\"").arg(value) : value;
}

QStringList valuesOf(const QString& field, const std::vector<RunRow>& runs) {
    QSet<QString> seen;
    for (const RunRow& run : runs) {
        const auto texts = textField(run, field);
        if (!texts) return {};
        for (const QString& text : *texts)
            if (!text.isEmpty() && seen.size() < kMostValues) seen.insert(text);
    }
    QStringList values(seen.begin(), seen.end());
    values.sort(Qt::CaseInsensitive);
    return values;
}

}  // namespace

const std::vector<RunFilter::Field>& RunFilter::fields() {
    static const std::vector<Field> all{
        {"ppl", true, QObject::tr("perplexity after distillation")},
        {"post_prune", true, QObject::tr("perplexity after pruning")},
        {"dense", true, QObject::tr("perplexity before")},
        {"removed", true, QObject::tr("share of the target parameters removed, 0 to 1")},
        {"recovery", true, QObject::tr("share of the collapse undone, 0 to 1")},
        {"target", true, QObject::tr("share asked for")},
        {"seed", true, QObject::tr("seed")},
        {"id", true, QObject::tr("number of the run")},
        {"status", false,
         QObject::tr("queued, running, completed, cancelled, interrupted, failed")},
        {"model", false, QObject::tr("model it starts from")},
        {"method", false, QObject::tr("pruner")},
        {"name", false, QObject::tr("name")},
        {"study", false, QObject::tr("study it belongs to")},
        {"variant", false, QObject::tr("variant in its study")},
        {"tag", false, QObject::tr("one of its tags")},
        {"notes", false, QObject::tr("notes")}};
    return all;
}

RunFilter::RunFilter(const QString& line) {
    QString rest = line;
    for (auto match = comparison().globalMatch(line); match.hasNext();) {
        const QRegularExpressionMatch found = match.next();
        const bool inQuotes = found.hasCaptured(3);
        readTerm(found.captured(1).toLower(), found.captured(2), found.captured(inQuotes ? 3 : 4));
        rest.replace(found.captured(0), QStringLiteral(" "));
    }
    for (const QString& word : rest.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const bool excluded = word.size() > 1 && word.startsWith(QLatin1Char('-'));
        m_words.push_back({excluded ? word.mid(1) : word, excluded});
    }
}

void RunFilter::readTerm(const QString& field, const QString& relation, const QString& value) {
    bool isNumber = false;
    const Term term{field, relation, value, value.toDouble(&isNumber)};
    const bool numeric = numberField({}, field).has_value();
    if (!numeric && !textField({}, field))
        m_problem = QObject::tr("there is no field %1").arg(field);
    else if (numeric && !isNumber)
        m_problem = QObject::tr("%1 is compared with a number").arg(field);
    else if (!numeric && relation != QLatin1String("=") && relation != QLatin1String("!="))
        m_problem = QObject::tr("%1 is a text; compare it by = or !=").arg(field);
    else
        m_terms.push_back(term);
}

bool RunFilter::containsWord(const RunRow& run, const QString& word) {
    for (const std::string* text :
         {&run.name, &run.model, &run.method, &run.studyName, &run.variant, &run.notes})
        if (QString::fromStdString(*text).contains(word, Qt::CaseInsensitive)) return true;
    return std::any_of(run.tags.begin(), run.tags.end(), [&](const std::string& tag) {
        return QString::fromStdString(tag).contains(word, Qt::CaseInsensitive);
    });
}

bool RunFilter::holds(const Term& term, const RunRow& run) {
    if (const auto number = numberField(run, term.field))
        return compare(*number, term.relation, term.number);
    const QStringList texts = *textField(run, term.field);
    const bool found = std::any_of(texts.begin(), texts.end(), [&](const QString& text) {
        return text.contains(term.value, Qt::CaseInsensitive);
    });
    return term.relation == QLatin1String("!=") ? !found : found;
}

bool RunFilter::matches(const RunRow& run) const {
    for (const Word& word : m_words)
        if (containsWord(run, word.text) == word.excluded) return false;
    return std::all_of(m_terms.begin(), m_terms.end(),
                       [&](const Term& term) { return holds(term, run); });
}

FilterCompletion completeFilter(const QString& line, const std::vector<RunRow>& runs) {
    static const QRegularExpression value(
        QStringLiteral(R"re((\w+)\s*(?:!=|=)\s*("?)([^"\s]*|(?<=")[^"]*)$)re"));
    static const QRegularExpression behindField(QStringLiteral(R"re((\w+)\s+$)re"));
    static const QRegularExpression word(QStringLiteral(R"re((?:^|\s)(\w*)$)re"));
    FilterCompletion completion;
    if (const auto match = value.match(line); match.hasMatch()) {
        completion.begin = match.capturedStart(2);
        for (const QString& text : valuesOf(match.captured(1).toLower(), runs))
            if (text.contains(match.captured(3), Qt::CaseInsensitive))
                completion.candidates << quoted(text);
        return completion;
    }
    if (const auto match = behindField.match(line); match.hasMatch()) {
        for (const RunFilter::Field& field : RunFilter::fields()) {
            if (match.captured(1).toLower() != QLatin1String(field.name)) continue;
            completion.begin = line.size();
            completion.candidates = field.numeric
                                        ? QStringList{"< ", "> ", "= ", "<= ", ">= ", "!= "}
                                        : QStringList{"= ", "!= "};
        }
        return completion;
    }
    if (const auto match = word.match(line); match.hasMatch()) {
        completion.begin = match.capturedStart(1);
        for (const RunFilter::Field& field : RunFilter::fields())
            if (QLatin1String(field.name).startsWith(match.captured(1), Qt::CaseInsensitive))
                completion.candidates << QLatin1String(field.name) + QLatin1Char(' ');
    }
    return completion;
}

}  // namespace skd
