#pragma once

#include "compare/compare_view.h"
#include "controls/card.h"
#include "controls/grid_model.h"

namespace skd {

class DataTable;

/// The fields in which the specs of the runs selected differ, and nothing else.
class DiffCard : public Card {
    Q_OBJECT
public:
    explicit DiffCard(QWidget* parent = nullptr);
    void setScene(const CompareScene& scene);

private:
    GridModel* m_model;
    DataTable* m_table;
    QLabel *m_note, *m_empty;
};

}  // namespace skd
