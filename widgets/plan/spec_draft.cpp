#include "plan/spec_draft.h"

#include <QUndoCommand>
#include <algorithm>

#include "spec/study_spec.h"

namespace skd {

class SpecDraft::Edit : public QUndoCommand {
public:
    Edit(SpecDraft& draft, Changes before, Changes after, const QString& text, std::string path)
        : QUndoCommand(text),
          m_draft(draft),
          m_before(std::move(before)),
          m_after(std::move(after)),
          m_path(std::move(path)) {}
    void undo() override { m_draft.restore(m_before); }
    void redo() override { m_draft.restore(m_after); }
    [[nodiscard]] int id() const override { return m_path.empty() ? -1 : 1; }
    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = static_cast<const Edit*>(other);
        if (next->m_path != m_path) return false;
        m_after = next->m_after;
        return true;
    }

private:
    SpecDraft& m_draft;
    Changes m_before, m_after;
    std::string m_path;  ///< of an edit that the next one may continue with; "" for none
};

namespace {

/// Puts a value at its dotted path; groups are made on the way.
void place(Json& object, const std::string& path, const Json& value) {
    Json* at = &object;
    std::size_t begin = 0;
    for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
        at = &(*at)[path.substr(begin, dot - begin)];
        begin = dot + 1;
    }
    (*at)[path.substr(begin)] = value;
}

/// Whether two values are the same to a spec: 2 and 2.0 are.
bool same(const Json& a, const Json& b) {
    if (a.is_number() && b.is_number()) return a.get<double>() == b.get<double>();
    return a == b;
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
    if (same(value, field->defaultValue))
        after.erase(path);
    else
        after[path] = value;
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
        if (same(value, field->defaultValue))
            after.erase(path);
        else
            after[path] = value;
    }
    push(std::move(after), text);
    return {};
}

void SpecDraft::replace(const RunSpec& spec, const QString& text, const std::string& key) {
    const Json json = toJson(spec);
    Changes after;
    for (const FieldDescription& field : m_fields)
        if (const Json value = valueAt(json, field.path); !same(value, field.defaultValue))
            after[field.path] = value;
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
    m_undo->push(new Edit(*this, m_changed, std::move(after), text, path));
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
