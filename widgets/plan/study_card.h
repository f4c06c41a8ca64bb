#pragma once

#include "controls/card.h"
#include "plan/study_draft.h"

class QLineEdit;
class QTabWidget;
class QTableView;

namespace skd {

class SpecForm;
class StudyTableModel;

/// What a study is: name, seeds, scale, variants, grid, and the base that they all start from.
class StudyCard : public Card {
    Q_OBJECT
public:
    StudyCard(StudyDraft& draft, QWidget* parent = nullptr);
    [[nodiscard]] SpecForm& form() { return *m_form; }

private:
    void buildHead();
    QWidget* tableTab(StudyTableModel* model, const QString& key, const QString& name,
                      const QString& add);
    void refresh();
    void complain(const QString& message);

    StudyDraft& m_draft;
    QLineEdit *m_name, *m_seeds, *m_scale;
    QLabel *m_scaleNote, *m_problem;
    QTabWidget* m_tabs;
    QTableView* m_variants = nullptr;
    QTableView* m_grid = nullptr;
    SpecForm* m_form;
};

}  // namespace skd
