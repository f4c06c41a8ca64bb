#pragma once

#include "plan/json_document_page.h"
#include "plan/study_draft.h"

namespace skd {

class PlanCard;
class StudyCard;

/// Runs that belong together: what varies on the left, what it comes to on the right.
class NewStudyPage : public JsonDocumentPage {
    Q_OBJECT
public:
    NewStudyPage(const PageContext& context, QWidget* parent = nullptr);

    [[nodiscard]] StudyDraft& draft() { return m_draft; }
    /// Only once the page has been shown.
    [[nodiscard]] PlanCard& plan() { return *m_plan; }
    [[nodiscard]] QUndoStack* undoStack() override { return &m_draft.undoStack(); }
    /// Fields of a run as the study's base.
    void take(const FieldValues& fields) override;
    [[nodiscard]] bool settled() const override;

private:
    void build() override;
    void fillMenu(QMenu& menu) override;
    [[nodiscard]] Result<Json> document() const override;
    Status open(const QString& path) override;
    Status pasteText(const QString& text) override;
    Status load(const Result<StudySpec>& study);
    void openStored(StudyId study);

    StudyDraft m_draft;
    StudyCard* m_study = nullptr;
    PlanCard* m_plan = nullptr;
};

}  // namespace skd
