#include "plan/study_draft.h"

#include <QUndoCommand>

namespace skd {

class StudyDraft::Edit : public QUndoCommand {
public:
    Edit(StudyDraft& draft, StudySpec before, StudySpec after, const QString& text,
         const QString& key)
        : QUndoCommand(text),
          m_draft(draft),
          m_before(std::move(before)),
          m_after(std::move(after)),
          m_key(key) {}
    void undo() override { m_draft.restore(m_before); }
    void redo() override { m_draft.restore(m_after); }
    [[nodiscard]] int id() const override { return m_key.isEmpty() ? -1 : 2; }
    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = static_cast<const Edit*>(other);
        if (next->m_key != m_key) return false;
        m_after = next->m_after;
        return true;
    }

private:
    StudyDraft& m_draft;
    StudySpec m_before, m_after;
    QString m_key;
};

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
    m_undo.push(new Edit(*this, m_rest, std::move(after), text, key));
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
        SKD_TRY(const RunSpec read, parseRunSpec(spec));
        const std::string path = assignment.substr(0, assignment.find('='));
        const Json value = valueAt(spec, path);
        if (value.is_null())
            return fail(ErrorCode::InvalidInput,
                        "\"" + path + "\": give the whole list, such as corpus.without=[\"c4\"]");
        fields[path] = value;
        (void)read;
    }
    return fields;
}

QString assignmentsText(const Json& fields) {
    QStringList parts;
    for (const auto& [path, value] : fields.items())
        parts << QString::fromStdString(
            path + "=" + (value.is_string() ? value.get<std::string>() : dumpJson(value)));
    return parts.join(QStringLiteral("; "));
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
        SKD_TRY(const RunSpec read, parseRunSpec(spec));
        (void)read;
    }
    return values;
}

QString valuesText(const Json& values) {
    QStringList parts;
    for (const Json& value : values)
        parts << QString::fromStdString(value.is_string() ? value.get<std::string>()
                                                          : dumpJson(value));
    return parts.join(QStringLiteral(", "));
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
    QStringList parts;
    for (const std::int64_t seed : seeds) parts << QString::number(seed);
    return parts.join(QStringLiteral(", "));
}

}  // namespace skd
