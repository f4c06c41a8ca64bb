#pragma once

#include "controls/page.h"
#include "plan/study_draft.h"

class QMenu;

namespace skd {

class PlanCard;
class StudyCard;

/// Runs that belong together: what varies on the left, what it comes to on the right.
class NewStudyPage : public Page {
    Q_OBJECT
public:
    NewStudyPage(const PageContext& context, QWidget* parent = nullptr);

    [[nodiscard]] StudyDraft& draft() { return m_draft; }
    /// Only once the page has been shown.
    [[nodiscard]] PlanCard& plan() { return *m_plan; }
    [[nodiscard]] QUndoStack* undoStack() override { return &m_draft.undoStack(); }
    bool copy() override;
    bool paste() override;
    /// Fields of a run as the study's base.
    void take(const FieldValues& fields) override;
    [[nodiscard]] bool followsRuns() const override { return false; }
    [[nodiscard]] bool settled() const override;

protected:
    void showEvent(QShowEvent* event) override;

private:
    void build();
    QWidget* startFromButton();
    void fillMenu();
    void openStored(StudyId study);
    void openFile();
    void saveFile();
    void say(const Status& status, const QString& done);
    void read(const Result<StudySpec>& study, const QString& done);

    PageContext m_context;
    StudyDraft m_draft;
    StudyCard* m_study = nullptr;
    PlanCard* m_plan = nullptr;
    QMenu* m_menu = nullptr;
};

}  // namespace skd
