#include "plan/spec_draft.h"

#include <algorithm>

#include "controls/snapshot_command.h"
#include "spec/study_spec.h"

namespace skd {

namespace {

/// Puts a value at its dotted path; groups are made on the way.
void place(Json& object, std::string path, const Json& value) {
    std::replace(path.begin(), path.end(), '.', '/');
    object[Json::json_pointer("/" + path)] = value;
}

/// Whether two values are the same to a spec: 2 and 2.0 are.
bool same(const Json& a, const Json& b) {
    if (a.is_number() && b.is_number()) return valueOr(a, 0.0) == valueOr(b, 0.0);
    return a == b;
}

/// Notes the value of a field; one that is the default is no change.
void change(std::map<std::string, Json>& changes, const FieldDescription& field,
            const Json& value) {
    if (same(value, field.defaultValue))
        changes.erase(field.path);
    else
        changes[field.path] = value;
}

/// The first field that a message names in quotes; "" where it names none.
std::string fieldNamed(const std::string& message, const std::vector<FieldDescription>& fields) {
    for (std::size_t open = message.find('"'); open != std::string::npos;) {
        const std::size_t close = message.find('"', open + 1);
        if (close == std::string::npos) break;
        const std::string name = message.substr(open + 1, close - open - 1);
        for (const FieldDescription& field : fields)
            if (name == field.path || name.starts_with(field.path + ".")) return field.path;
        open = message.find('"', close + 1);
    }
    return {};
}

}  // namespace

SpecDraft::SpecDraft(QObject* parent, QUndoStack* undo)
    : QObject(parent),
      m_fields(describeRunSpec()),
      m_undo(undo != nullptr ? undo : new QUndoStack(this)) {}

const FieldDescription* SpecDraft::find(const std::string& path) const {
    const auto found =
        std::find_if(m_fields.begin(), m_fields.end(),
                     [&](const FieldDescription& field) { return field.path == path; });
    return found == m_fields.end() ? nullptr : &*found;
}

Json SpecDraft::value(const std::string& path) const {
    if (const auto changed = m_changed.find(path); changed != m_changed.end())
        return changed->second;
    const FieldDescription* field = find(path);
    return field == nullptr ? Json() : field->defaultValue;
}

void SpecDraft::set(const std::string& path, const Json& value) {
    const FieldDescription* field = find(path);
    if (field == nullptr || same(value, this->value(path))) return;
    Changes after = m_changed;
    change(after, *field, value);
    push(std::move(after), tr("change %1").arg(QString::fromStdString(path)), path);
}

void SpecDraft::reset(const std::string& path) {
    if (!isChanged(path)) return;
    Changes after = m_changed;
    after.erase(path);
    push(std::move(after), tr("default of %1").arg(QString::fromStdString(path)));
}

Status SpecDraft::apply(const std::map<std::string, Json>& values, const QString& text) {
    Changes after = m_changed;
    for (const auto& [path, value] : values) {
        const FieldDescription* field = find(path);
        if (field == nullptr) {
            Json object = Json::object();
            SKD_CHECK(
                setRunField(object, path, value));  // says what is nearest, or goes into a list
            return fail(ErrorCode::InvalidInput,
                        "\"" + path + "\" lies inside a list; give the whole list");
        }
        change(after, *field, value);
    }
    push(std::move(after), text);
    return {};
}

void SpecDraft::replace(const RunSpec& spec, const QString& text, const std::string& key) {
    const Json json = toJson(spec);
    Changes after;
    for (const FieldDescription& field : m_fields) change(after, field, valueAt(json, field.path));
    push(std::move(after), text, key);
}

Status SpecDraft::replaceText(const QString& json, const QString& text, const std::string& key) {
    SKD_TRY(const Json parsed, parseJson(json.toStdString()));
    SKD_TRY(const RunSpec spec, parseRunSpec(parsed));
    replace(spec, text, key);
    return {};
}

void SpecDraft::push(Changes after, const QString& text, const std::string& path) {
    if (after == m_changed) return;
    m_undo->push(new SnapshotCommand<Changes>(
        text, m_changed, std::move(after), [this](const Changes& changes) { restore(changes); },
        QString::fromStdString(path)));
}

void SpecDraft::restore(const Changes& changes) {
    m_changed = changes;
    check();
    Q_EMIT changed();
}

Json SpecDraft::json() const {
    Json object = toJson(RunSpec());
    for (const auto& [path, value] : m_changed) place(object, path, value);
    return object;
}

Result<RunSpec> SpecDraft::spec() const {
    SKD_TRY(RunSpec spec, parseRunSpec(json()));
    SKD_CHECK(validate(spec));
    return spec;
}

/// Each changed field on its own, so that every wrong one is known, then the whole.
void SpecDraft::check() {
    m_problems.clear();
    m_problem.clear();
    for (const auto& [path, value] : m_changed) {
        Json alone = Json::object();
        place(alone, path, value);
        if (const auto read = parseRunSpec(alone); !read) m_problems[path] = read.error().message;
    }
    if (!m_problems.empty()) return;
    const auto whole = spec();
    if (whole) return;
    const std::string path = fieldNamed(whole.error().message, m_fields);
    if (path.empty())
        m_problem = whole.error().message;
    else
        m_problems[path] = whole.error().message;
}

QString SpecDraft::problem(const std::string& path) const {
    if (path.empty() && !m_problem.empty()) return QString::fromStdString(m_problem);
    const auto found = m_problems.find(path);
    return found == m_problems.end() ? QString() : QString::fromStdString(found->second);
}

}  // namespace skd
