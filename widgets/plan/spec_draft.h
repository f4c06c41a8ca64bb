#pragma once

#include <QObject>
#include <QUndoStack>
#include <map>
#include <vector>

#include "spec/run_spec.h"

namespace skd {

/// A run's spec while a user fills it in: every field of the spec's field list as JSON, wrong
/// values included, with what is wrong about each, and undo.
class SpecDraft : public QObject {
    Q_OBJECT
public:
    /// With `undo` given, edits go there.
    explicit SpecDraft(QObject* parent = nullptr, QUndoStack* undo = nullptr);

    /// The leaves of the field list, in its order.
    [[nodiscard]] const std::vector<FieldDescription>& fields() const { return m_fields; }
    [[nodiscard]] const FieldDescription* find(const std::string& path) const;
    [[nodiscard]] Json value(const std::string& path) const;
    [[nodiscard]] bool isChanged(const std::string& path) const { return m_changed.contains(path); }
    /// Fields that differ from their defaults, by dotted path: a study's base, a run's overrides.
    [[nodiscard]] const std::map<std::string, Json>& changes() const { return m_changed; }
    [[nodiscard]] QUndoStack& undoStack() { return *m_undo; }

    /// Edits of one field in a row are one undo step.
    void set(const std::string& path, const Json& value);
    void reset(const std::string& path);
    /// Several fields at once, on top of what is there; unknown ones are an error that names them.
    Status apply(const std::map<std::string, Json>& values, const QString& text);
    /// A whole spec instead of what is there.
    /// With a `key`, edits of the same one in a row are one undo step.
    void replace(const RunSpec& spec, const QString& text, const std::string& key = {});
    /// A whole spec as a user wrote it; nothing changes where it cannot be read.
    Status replaceText(const QString& json, const QString& text, const std::string& key = {});

    /// The spec as JSON: every field.
    [[nodiscard]] Json json() const;
    /// What would be run; the first thing that is wrong otherwise.
    [[nodiscard]] Result<RunSpec> spec() const;
    /// What is wrong about a field, or with an empty path about the whole; "" where nothing is.
    [[nodiscard]] QString problem(const std::string& path) const;
    [[nodiscard]] const std::map<std::string, std::string>& problems() const { return m_problems; }

Q_SIGNALS:
    void changed();

private:
    using Changes = std::map<std::string, Json>;
    void push(Changes after, const QString& text, const std::string& path = {});
    void restore(const Changes& changes);
    void check();

    std::vector<FieldDescription> m_fields;
    Changes m_changed;
    std::map<std::string, std::string> m_problems;  ///< by path
    std::string m_problem;                          ///< of the whole, where it names no field
    QUndoStack* m_undo;
};

}  // namespace skd
