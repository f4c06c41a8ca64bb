#pragma once

#include <functional>

#include "plan/spec_draft.h"
#include "spec/study_spec.h"

namespace skd {

/// A study while a user puts it together: its base as a draft of a run, and the rest, with one
/// undo history over both.
class StudyDraft : public QObject {
    Q_OBJECT
public:
    explicit StudyDraft(QObject* parent = nullptr);

    [[nodiscard]] SpecDraft& base() { return m_base; }
    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }
    /// Everything but the base; that one's fields stand in base().
    [[nodiscard]] const StudySpec& rest() const { return m_rest; }
    /// One undo step; edits with the same `key` in a row are one.
    void edit(const QString& text, const std::function<void(StudySpec&)>& change,
              const QString& key = {});
    void load(const StudySpec& study);

    /// The study as it would be run, or what is wrong with it.
    [[nodiscard]] Result<StudySpec> study() const;

Q_SIGNALS:
    /// Also after a change of the base.
    void changed();

private:
    void restore(const StudySpec& rest);
    QUndoStack m_undo;
    SpecDraft m_base;
    StudySpec m_rest;
};

/// "prune.target=0.35; prune.truncation=plain" -> fields by path; errors name the field.
Result<Json> parseAssignments(const QString& text);
QString assignmentsText(const Json& fields);
/// "0.15, 0.35" or a JSON list -> values of a field, each checked against it.
Result<Json> parseValues(const std::string& field, const QString& text);
QString valuesText(const Json& values);
/// "42, 123, 456" -> seeds.
Result<std::vector<std::int64_t>> parseSeeds(const QString& text);
QString seedsText(const std::vector<std::int64_t>& seeds);

}  // namespace skd
