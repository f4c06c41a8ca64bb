#include "runs/run_filter.h"

#include <QObject>
#include <QRegularExpression>
#include <QSet>
#include <algorithm>
#include <cmath>

namespace skd {

namespace {

constexpr qsizetype kMostValues = 200;  ///< offered after a relation

double recovery(const RunRow& run) {
    const double lost = run.postPrunePpl - run.densePpl;
    return lost > 0 ? (run.postPrunePpl - run.postKdPpl) / lost : std::nan("");
}

template <double RunRow::*Member>
double figureOf(const RunRow& run) {
    return run.*Member;
}

template <std::string RunRow::*Member>
QStringList textOf(const RunRow& run) {
    return {asText(run.*Member)};
}

/// Null where there is none.
const RunFilter::Field* fieldNamed(const QString& name) {
    for (const RunFilter::Field& field : RunFilter::fields())
        if (name == QLatin1String(field.name)) return &field;
    return nullptr;
}

bool contain(const QStringList& texts, const QString& part) {
    return !texts.filter(part, Qt::CaseInsensitive).isEmpty();
}

/// In any of its texts but the status.
bool containsWord(const RunRow& run, const QString& word) {
    return std::any_of(
        RunFilter::fields().begin(), RunFilter::fields().end(), [&](const RunFilter::Field& field) {
            return field.texts != nullptr && field.name != std::string_view("status") &&
                   contain(field.texts(run), word);
        });
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

QStringList valuesOf(const QString& name, const std::vector<RunRow>& runs) {
    const RunFilter::Field* field = fieldNamed(name);
    if (field == nullptr || field->texts == nullptr) return {};
    QSet<QString> seen;
    for (const RunRow& run : runs)
        for (const QString& text : field->texts(run))
            if (!text.isEmpty() && seen.size() < kMostValues) seen.insert(text);
    QStringList values(seen.begin(), seen.end());
    values.sort(Qt::CaseInsensitive);
    return values;
}

}  // namespace

const std::vector<RunFilter::Field>& RunFilter::fields() {
    using Run = const RunRow&;
    static const std::vector<Field> all{
        {"ppl", QObject::tr("perplexity after distillation"), figureOf<&RunRow::postKdPpl>},
        {"post_prune", QObject::tr("perplexity after pruning"), figureOf<&RunRow::postPrunePpl>},
        {"dense", QObject::tr("perplexity before"), figureOf<&RunRow::densePpl>},
        {"removed", QObject::tr("share of the target parameters removed, 0 to 1"),
         figureOf<&RunRow::mlpRemoved>},
        {"recovery", QObject::tr("share of the collapse undone, 0 to 1"), recovery},
        {"target", QObject::tr("share asked for"), figureOf<&RunRow::target>},
        {"seed", QObject::tr("seed"), [](Run run) { return static_cast<double>(run.seed); }},
        {"id", QObject::tr("number of the run"),
         [](Run run) { return static_cast<double>(run.id.value()); }},
        {"status", QObject::tr("queued, running, completed, cancelled, interrupted, failed"),
         nullptr, [](Run run) { return QStringList{runStatusName(run.status)}; }},
        {"model", QObject::tr("model it starts from"), nullptr, textOf<&RunRow::model>},
        {"method", QObject::tr("pruner"), nullptr, textOf<&RunRow::method>},
        {"name", QObject::tr("name"), nullptr, textOf<&RunRow::name>},
        {"study", QObject::tr("study it belongs to"), nullptr, textOf<&RunRow::studyName>},
        {"variant", QObject::tr("variant in its study"), nullptr, textOf<&RunRow::variant>},
        {"tag", QObject::tr("one of its tags"), nullptr, [](Run run) { return asTexts(run.tags); }},
        {"notes", QObject::tr("notes"), nullptr, textOf<&RunRow::notes>}};
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

void RunFilter::readTerm(const QString& name, const QString& relation, const QString& value) {
    bool isNumber = false;
    const Term term{fieldNamed(name), relation, value, value.toDouble(&isNumber)};
    const bool numeric = term.field != nullptr && term.field->figure != nullptr;
    if (term.field == nullptr)
        m_problem = QObject::tr("there is no field %1").arg(name);
    else if (numeric && !isNumber)
        m_problem = QObject::tr("%1 is compared with a number").arg(name);
    else if (!numeric && relation != QLatin1String("=") && relation != QLatin1String("!="))
        m_problem = QObject::tr("%1 is a text; compare it by = or !=").arg(name);
    else
        m_terms.push_back(term);
}

bool RunFilter::matches(const RunRow& run) const {
    for (const Word& word : m_words)
        if (containsWord(run, word.text) == word.excluded) return false;
    return std::all_of(m_terms.begin(), m_terms.end(), [&](const Term& term) {
        if (term.field->figure != nullptr)
            return compare(term.field->figure(run), term.relation, term.number);
        return contain(term.field->texts(run), term.value) !=
               (term.relation == QLatin1String("!="));
    });
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
        if (const RunFilter::Field* field = fieldNamed(match.captured(1).toLower())) {
            completion.begin = line.size();
            completion.candidates = field->figure != nullptr
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
