#pragma once

#include <QCoreApplication>

#include "bridge/run_curves.h"
#include "compare/compare_data.h"
#include "controls/build.h"
#include "controls/page.h"

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
        makeRow(10, m_controls);
    }
    [[nodiscard]] QWidget* controls() const { return m_controls; }
    virtual void setScene(const CompareScene& scene) {
        m_scene = scene;
        draw();
    }
    /// Everything that it asked for has arrived.
    [[nodiscard]] virtual bool settled() const { return true; }

Q_SIGNALS:
    /// The user points at a run; `add`: beside those selected.
    void chosen(skd::RunId run, bool add);
    /// The user wants to see a run whole.
    void opened(skd::RunId run);
    /// A run to be filled in on the New run page.
    void offered(const skd::FieldValues& fields);
    /// What the user asked for cannot be done; says why.
    void refused(const QString& message);

protected:
    virtual void draw() = 0;
    void addControls(std::initializer_list<QWidget*> controls) {
        for (QWidget* control : controls) m_controls->layout()->addWidget(control);
    }
    /// The view shows this, with `below` under it.
    void fill(QWidget* content, QWidget* below = nullptr) {
        auto* column = addAll(makeColumn(-1, this), {{content, 1}});
        if (below != nullptr) column->addWidget(below);
        setFocusProxy(content);
    }
    /// What the user points at in a plot of runs.
    template <class Plot>
    void passOn(Plot* plot) {
        connect(plot, &Plot::chosen, this,
                [this](qint64 id, bool add) { Q_EMIT chosen(RunId(id), add); });
        connect(plot, &Plot::opened, this, [this](qint64 id) { Q_EMIT opened(RunId(id)); });
    }

    CompareScene m_scene;

private:
    QWidget* m_controls;
};

/// Any metric of the runs selected over each other: a line each, or mean ± std of seeds.
CompareView* makeCurvesView(QWidget* parent);
/// What was given up against what it cost: size, bytes or time against perplexity, a point per run
/// or per variant, with the front of those that none beats.
CompareView* makeTradeoffView(QWidget* parent);
/// Parallel coordinates of the runs selected: the fields in which their specs differ, then what
/// came out of it.
CompareView* makeSweepView(QWidget* parent);
/// KL to the original model of each round of the runs selected, after its cut and after
/// distillation, against what it had removed.
CompareView* makeDeviationView(QWidget* parent);
/// Perplexity over size of the elastic runs selected, a line each, with the runs of one size on it.
CompareView* makeFrontView(QWidget* parent);
/// The figures of the runs selected side by side: the table twin of the charts above.
CompareView* makeFiguresView(QWidget* parent);

}  // namespace skd
