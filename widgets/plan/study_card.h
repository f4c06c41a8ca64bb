#pragma once

#include "controls/card.h"
#include "plan/study_draft.h"

class QLineEdit;
class QTabWidget;
class QTableView;

namespace skd {

class StudyTableModel;

/// What a study is: name, seeds, scale, variants, grid, and the base that they all start from.
class StudyCard : public Card {
    Q_OBJECT
public:
    StudyCard(StudyDraft& draft, QWidget* parent = nullptr);

private:
    void buildHead();
    /// A tab with a table over a part of the study, and buttons for its rows.
    QTableView* addTable(StudyTableModel* model, const QString& key, const QString& name,
                         const QString& add);
    void refresh();
    void complain(const QString& message);

    StudyDraft& m_draft;
    QLineEdit *m_name, *m_seeds, *m_scale;
    QLabel *m_scaleNote, *m_problem;
    QTabWidget* m_tabs;
};

}  // namespace skd
