#pragma once

#include "plan/json_document_page.h"
#include "plan/spec_draft.h"

class QStackedWidget;

namespace skd {

class Card;
class ChoiceButton;
class SpecForm;
class StartCard;

/// A run from its fields: a form over all of them or the whole spec as JSON, what it would take,
/// and its start.
///
/// A page and not a dialog: 75 fields need room, and users go back and forth between the form, the
/// ranks on Carve and earlier runs while they fill it in. Ctrl+N shows it.
class NewRunPage : public JsonDocumentPage {
    Q_OBJECT
public:
    NewRunPage(const PageContext& context, QWidget* parent = nullptr);

    [[nodiscard]] SpecDraft& draft() { return m_draft; }
    [[nodiscard]] QUndoStack* undoStack() override { return &m_draft.undoStack(); }
    void take(const FieldValues& fields) override;
    [[nodiscard]] bool settled() const override;

private:
    void build() override;
    void fillMenu(QMenu& menu) override;
    [[nodiscard]] Result<Json> document() const override;
    Status open(const QString& path) override;
    Status pasteText(const QString& text) override;
    void fillRuns(QMenu* menu);
    void startFromRun(RunId run);

    SpecDraft m_draft;
    SpecForm* m_form = nullptr;  ///< made when the page is first shown
    StartCard* m_start = nullptr;
    ChoiceButton* m_view = nullptr;
    QStackedWidget* m_stack = nullptr;
};

}  // namespace skd
