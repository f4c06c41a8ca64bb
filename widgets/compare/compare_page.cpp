#include "compare/compare_page.h"

#include <QGridLayout>
#include <QHeaderView>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

#include "compare/study_view.h"
#include "controls/card.h"
#include "controls/choice_button.h"
#include "controls/data_table.h"
#include "controls/grid_model.h"
#include "report/comparison.h"
#include "style/format.h"

namespace skd {

namespace {
constexpr std::size_t kMostRuns = 30;  ///< columns; the sweep's axes show more
}

/// The fields in which the specs of the runs selected differ, and nothing else.
class DiffCard : public Card {
    Q_DECLARE_TR_FUNCTIONS(skd::DiffCard)
public:
    explicit DiffCard(QWidget* parent)
        : Card(tr("What differs"), parent),
          m_model(new GridModel(this)),
          m_table(named(new DataTable(tr("Settings that differ"), this), "compare.diff")) {
        m_table->setModel(m_model);
        m_note = makeLabel({}, TextRole::Small, "secondary", this);
        m_empty = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "compare.diff.empty"));
        m_empty->setAlignment(Qt::AlignLeft | Qt::AlignTop);
        addControl(m_note);
        body()->addWidget(m_empty);
        body()->addWidget(m_table, 1);
    }
    /// A value that is not the first run's is emphasised.
    void setScene(const CompareScene& scene) {
        std::vector<std::string> names;
        std::vector<RunDetails> runs;
        QStringList header{tr("field")};
        for (RunId id : scene.runs) {
            const ComparedRun* run = scene.data->find(id);
            if (run == nullptr || !scene.data->hasDetails(id) || runs.size() == kMostRuns) continue;
            names.push_back(run->row.name);
            RunDetails details;
            details.row = run->row;
            details.spec = run->spec;
            details.summary = run->summary;
            runs.push_back(std::move(details));
            header << asText(run->row.name);
        }
        GridModel::Rows rows;
        const ReportTable differences =
            runs.size() > 1 ? compareDetails(names, runs).differences : ReportTable{};
        for (const auto& row : differences.rows) {
            if (row.front() == "name") continue;  // stands in the header
            std::vector<GridCell> cells;
            for (std::size_t i = 0; i < row.size(); ++i) {
                const QString text = asText(row[i]);
                cells.push_back({text, std::nan(""), i > 1 && row[i] != row[1], {}, text});
            }
            rows.push_back(std::move(cells));
        }
        m_model->setStrongColor(themeColors(this).accent);
        m_empty->setText(
            runs.size() < 2
                ? tr("Select a second run (Ctrl+click) to see in which settings they differ.")
                : tr("The runs selected have the same settings."));
        m_empty->setVisible(rows.empty());
        m_table->setVisible(!rows.empty());
        m_note->setText(runs.size() < scene.runs.size() && runs.size() == kMostRuns
                            ? tr("the first %1 runs").arg(kMostRuns)
                        : rows.empty() ? QString()
                                       : tr("%1 fields").arg(rows.size()));
        m_model->setGrid(std::move(header), std::move(rows));
        m_table->fitColumns(150);
    }

private:
    GridModel* m_model;
    DataTable* m_table;
    QLabel *m_note, *m_empty;
};

namespace {

/// Charts get two thirds of the page in both directions.
void shareOut(QGridLayout& grid) {
    grid.setColumnStretch(0, 68);
    grid.setColumnStretch(1, 32);
    grid.setRowStretch(0, 62);
    grid.setRowStretch(1, 38);
}

}  // namespace

ComparePage::ComparePage(const PageContext& context, QWidget* parent)
    : LivePage(parent), m_context(context), m_data(context.workspace) {
    m_study = new StudyView(context.workspace, this);
    m_views = {makeCurvesView(this),
               makeTradeoffView(this),
               makeSweepView(this),
               makeFiguresView(this),
               m_study,
               makeDeviationView(this),
               makeFrontView(this)};
    m_diff = new DiffCard(this);
    m_grouping = new ChoiceButton(
        "compare.grouping", tr("Seeds"), tr("seeds: "),
        {{tr("one by one"), tr("every run on its own"), 0},
         {tr("mean ± std"),
          tr("runs of one study and variant, or with the same settings but the seed, as one"), 1}},
        this);
    m_above = buildStack(tr("Runs"),
                         {tr("curves"), tr("trade-off"), tr("sweep"), tr("deviation"), tr("front")},
                         {m_views[0], m_views[1], m_views[2], m_views[5], m_views[6]});
    m_below =
        buildStack(tr("Tables"), {tr("figures"), tr("paper's tables")}, {m_views[3], m_study});
    m_above.mode->setObjectName(QStringLiteral("compare.mode"));
    m_above.mode->setMode(1);  // has something to show whatever is selected
    m_below.mode->setObjectName(QStringLiteral("compare.tables"));
    m_above.card->setTitle({});  // the words in its title row say what it shows
    m_above.card->setAccessibleName(tr("Charts of the runs selected"));
    m_below.card->addControl(m_grouping);
    auto* grid = makeLayout<QGridLayout>();
    grid->addWidget(m_above.card, 0, 0);
    grid->addWidget(m_diff, 0, 1);
    grid->addWidget(m_below.card, 1, 0, 1, 2);
    shareOut(*grid);
    m_diff->setMinimumWidth(206);
    setFocusProxy(m_above.views);
    connectParts();
    whenChanged(this, QEvent::PaletteChange, [this] { markDirty(true); });
}

ComparePage::Stack ComparePage::buildStack(const QString& title, const QStringList& modes,
                                           const std::vector<CompareView*>& views) {
    Stack stack;
    stack.card = new Card(title, this);
    stack.mode = new ModeSwitch(title, modes, stack.card);
    stack.views = new QStackedWidget(stack.card);
    stack.controls = new QStackedWidget(stack.card);
    stack.controls->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Maximum);
    for (CompareView* view : views) {
        stack.views->addWidget(view);
        stack.controls->addWidget(view->controls());
    }
    stack.card->addLeftControl(stack.mode);
    stack.card->addControl(stack.controls);
    stack.card->body()->addWidget(stack.views, 1);
    connect(stack.mode, &ModeSwitch::chosen, this, [this, stack](int mode) {
        stack.views->setCurrentIndex(mode);
        stack.controls->setCurrentIndex(mode);
        markDirty(false);
    });
    return stack;
}

void ComparePage::connectParts() {
    connect(&m_context.selection, &RunSelection::changed, this, [this] { markDirty(true); });
    connect(&m_context.workspace, &Workspace::runsChanged, this, [this] {
        m_stale = true;
        markDirty(true);
    });
    connect(&m_data, &CompareData::changed, this, [this] { markDirty(true); });
    connect(&m_context.curves, &RunCurvesCache::changed, this, [this](RunId run) {
        if (m_context.selection.contains(run) && m_data.find(run) != nullptr) markDirty(false);
    });
    connect(m_grouping, &ChoiceButton::chosen, this, [this] { markDirty(true); });
    connect(m_study, &StudyView::said, this, &Page::context);
    for (CompareView* view : m_views) {
        connect(view, &CompareView::chosen, this, &ComparePage::choose);
        connect(view, &CompareView::opened, this, &ComparePage::open);
        connect(view, &CompareView::offered, this, [this](const FieldValues& fields) {
            Q_EMIT offered(QStringLiteral("new-run"), fields);
        });
        connect(view, &CompareView::refused, this, &Page::context);
    }
}

/// `all`: also what is behind another view, because the runs themselves have changed.
void ComparePage::markDirty(bool all) {
    m_allDirty = m_allDirty || all;
    LivePage::markDirty();
}

CompareScene ComparePage::scene() {
    CompareScene scene;
    scene.data = &m_data;
    scene.curves = &m_context.curves;
    scene.current = m_context.selection.current();
    scene.grouped = m_grouping->value() == 1;
    scene.runs = m_context.selection.all();
    std::erase_if(scene.runs, [this](RunId run) { return m_data.find(run) == nullptr; });
    return scene;
}

void ComparePage::refresh() {
    if (std::exchange(m_stale, false)) {
        m_data.refresh();
        m_study->reload();
    }
    const bool all = std::exchange(m_allDirty, false);
    const CompareScene now = scene();
    m_data.want(now.runs);
    for (CompareView* view : m_views)
        if (view != m_study && (all || view->isVisible())) view->setScene(now);
    if (all) m_study->setScene(now);
    if (all) m_diff->setScene(now);
    tell();
}

void ComparePage::tell() {
    const CompareScene now = scene();
    if (now.runs.empty())
        return Q_EMIT context(tr("Select runs in the list on the left to compare them."));
    const RunRow& row = m_data.find(now.runs.front())->row;
    Q_EMIT context(inOneLine(
        {tr("%1 runs selected", nullptr, now.runs.size()).arg(formatWhole(now.runs.size())),
         asText(row.name), perplexityPath(row)}));
}

/// A run among those selected comes to the front; another one is selected in their place, or beside
/// them.
void ComparePage::choose(RunId run, bool add) {
    std::vector<RunId> beside;
    if (add || m_context.selection.contains(run)) {
        beside = m_context.selection.others();
        beside.push_back(m_context.selection.current());
    }
    m_context.selection.set(run, std::move(beside));
}

void ComparePage::open(RunId run) {
    choose(run, false);
    Q_EMIT pageRequested(QStringLiteral("recover"));
}

bool ComparePage::settled() const {
    return LivePage::settled() && !m_stale && m_data.settled() &&
           std::all_of(m_views.begin(), m_views.end(),
                       [](const CompareView* view) { return view->settled(); });
}

}  // namespace skd
