#pragma once

#include <QHBoxLayout>
#include <QWidget>

#include "bridge/run_curves.h"
#include "compare/compare_data.h"

namespace skd {

/// What the Compare page is about: the runs selected, the one in front first.
struct CompareScene {
    CompareData* data = nullptr;
    RunCurvesCache* curves = nullptr;
    RunId current;
    std::vector<RunId> runs;
    bool grouped = false;  ///< seeds of one variant as mean ± std
};

/// One way to look at the runs selected, with the controls that belong into its card's title row.
class CompareView : public QWidget {
    Q_OBJECT
public:
    explicit CompareView(QWidget* parent = nullptr)
        : QWidget(parent), m_controls(new QWidget(this)) {
        auto* row = new QHBoxLayout(m_controls);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(10);
    }
    [[nodiscard]] QWidget* controls() const { return m_controls; }
    virtual void setScene(const CompareScene& scene) = 0;
    /// Everything that it asked for has arrived.
    [[nodiscard]] virtual bool settled() const { return true; }

Q_SIGNALS:
    /// The user points at a run; `add`: beside those selected.
    void chosen(skd::RunId run, bool add);
    /// The user wants to see a run whole.
    void opened(skd::RunId run);

protected:
    void addControl(QWidget* control) { m_controls->layout()->addWidget(control); }

private:
    QWidget* m_controls;
};

}  // namespace skd
