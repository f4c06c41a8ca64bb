#include "plan/study_draft.h"

#include "base/text.h"
#include "controls/snapshot_command.h"

namespace skd {

namespace {

/// A value as users write it: texts without quotes.
std::string written(const Json& value) {
    return value.is_string() ? valueOr(value, "") : dumpJson(value);
}

}  // namespace

StudyDraft::StudyDraft(QObject* parent) : QObject(parent), m_base(this, &m_undo) {
    m_rest.name = "study";
    m_rest.variants.emplace_back().name = "as it is";
    connect(&m_base, &SpecDraft::changed, this, &StudyDraft::changed);
}

void StudyDraft::edit(const QString& text, const std::function<void(StudySpec&)>& change,
                      const QString& key) {
    StudySpec after = m_rest;
    change(after);
    if (after == m_rest) return;
    m_undo.push(new SnapshotCommand<StudySpec>(
        text, m_rest, std::move(after), [this](const StudySpec& rest) { restore(rest); }, key));
}

void StudyDraft::load(const StudySpec& study) {
    m_undo.beginMacro(tr("open study %1").arg(QString::fromStdString(study.name)));
    m_base.replace({}, {});
    std::map<std::string, Json> base;
    for (const auto& [path, value] : study.base.items()) base[path] = value;
    const Status applied = m_base.apply(base, tr("base of the study"));
    edit(tr("open study"), [&](StudySpec& rest) {
        rest = study;
        if (applied) rest.base = Json::object();  // its fields stand in the draft now
    });
    m_undo.endMacro();
}

void StudyDraft::restore(const StudySpec& rest) {
    m_rest = rest;
    Q_EMIT changed();
}

Result<StudySpec> StudyDraft::study() const {
    if (m_rest.name.empty())
        return fail(ErrorCode::InvalidInput, tr("Give the study a name.").toStdString());
    if (!m_base.problems().empty())
        return fail(ErrorCode::InvalidInput, m_base.problems().begin()->second);
    StudySpec study = m_rest;
    for (const auto& [path, value] : m_base.changes()) study.base[path] = value;
    return parseStudySpec(toJson(study));
}

Result<Json> parseAssignments(const QString& text) {
    Json fields = Json::object();
    for (const QString& part : text.split(QLatin1Char(';'), Qt::SkipEmptyParts)) {
        const std::string assignment = part.trimmed().toStdString();
        if (assignment.empty()) continue;
        Json spec = Json::object();
        SKD_CHECK(applyOverride(spec, assignment));
        SKD_CHECK(parseRunSpec(spec));
        const std::string path = assignment.substr(0, assignment.find('='));
        const Json value = valueAt(spec, path);
        if (value.is_null())
            return fail(ErrorCode::InvalidInput,
                        "\"" + path + "\": give the whole list, such as corpus.without=[\"c4\"]");
        fields[path] = value;
    }
    return fields;
}

QString assignmentsText(const Json& fields) {
    return QString::fromStdString(joined(fields.items(), "; ", [](const auto& field) {
        return field.key() + "=" + written(field.value());
    }));
}

Result<Json> parseValues(const std::string& field, const QString& text) {
    Json values = Json::array();
    const auto whole = parseJson("[" + text.toStdString() + "]");
    if (whole && whole->size() == 1 && whole->front().is_array())
        values = whole->front();
    else if (whole)
        values = *whole;
    else
        for (const QString& part : text.split(QLatin1Char(','), Qt::SkipEmptyParts))
            values.push_back(part.trimmed().toStdString());
    if (values.empty())
        return fail(ErrorCode::InvalidInput,
                    "\"" + field + "\" needs at least one value, such as 0.15, 0.35");
    for (const Json& value : values) {
        Json spec = Json::object();
        SKD_CHECK(setRunField(spec, field, value));
        SKD_CHECK(parseRunSpec(spec));
    }
    return values;
}

QString valuesText(const Json& values) {
    return QString::fromStdString(joined(values, ", ", written));
}

Result<std::vector<std::int64_t>> parseSeeds(const QString& text) {
    std::vector<std::int64_t> seeds;
    for (const QString& part : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        bool number = false;
        seeds.push_back(part.trimmed().toLongLong(&number));
        if (!number || seeds.back() < 0)
            return fail(
                ErrorCode::InvalidInput,
                "seeds are whole numbers with commas between them, such as 42, 123; not \"" +
                    part.trimmed().toStdString() + "\"");
    }
    if (seeds.empty()) return fail(ErrorCode::InvalidInput, "give at least one seed, such as 42");
    return seeds;
}

QString seedsText(const std::vector<std::int64_t>& seeds) {
    return QString::fromStdString(joined(seeds));
}

}  // namespace skd
