#include "compare/tradeoff_view.h"

#include <algorithm>
#include <cmath>

#include "controls/build.h"
#include "controls/card.h"
#include "controls/choice_button.h"
#include "report/statistics.h"
#include "style/format.h"

namespace skd {

TradeoffView::TradeoffView(QWidget* parent)
    : CompareView(parent),
      m_plot(named(new ScatterPlot(tr("Perplexity against what was removed"), this),
                   "compare.tradeoff")) {
    buildControls();
    auto* column = makeColumn(-1, this);
    m_left = makeLabel({}, TextRole::Small, "secondary", this, "compare.left");
    column->addWidget(m_plot, 1);
    column->addWidget(m_left);
    setFocusProxy(m_plot);
    for (ChoiceButton* button : {m_x, m_y, m_scope, m_coloring})
        connect(button, &ChoiceButton::chosen, this, &TradeoffView::draw);
    connect(m_plot, &ScatterPlot::chosen, this,
            [this](qint64 id, bool add) { Q_EMIT chosen(RunId(id), add); });
    connect(m_plot, &ScatterPlot::opened, this, [this](qint64 id) { Q_EMIT opened(RunId(id)); });
}

void TradeoffView::buildControls() {
    const auto figures = [this](const char* id, const QString& name, const QString& prefix,
                                std::initializer_list<RunFigure> list) {
        std::vector<ChoiceButton::Choice> choices;
        for (RunFigure figure : list)
            choices.push_back({infoOf(figure).name, infoOf(figure).tip, figure});
        return new ChoiceButton(id, name, prefix, std::move(choices), this);
    };
    m_x = figures("compare.x", tr("Figure across"), tr("x: "),
                  {RunFigure::MlpRemoved, RunFigure::ParametersRemoved, RunFigure::BytesRemoved,
                   RunFigure::Parameters, RunFigure::Ttft, RunFigure::Seconds});
    m_y = figures(
        "compare.y", tr("Figure upwards"), tr("y: "),
        {RunFigure::PostKdPpl, RunFigure::PostPrunePpl, RunFigure::KlToDense, RunFigure::Ece});
    m_scope = new ChoiceButton(
        "compare.scope", tr("Which runs"), tr("of: "),
        {{tr("all runs"), tr("every run of the workspace; those selected are ringed"), Scope::All},
         {tr("selected runs"), tr("those selected in the list on the left"), Scope::Selected}},
        this);
    m_coloring = new ChoiceButton("compare.coloring", tr("Colour and shape"), tr("colour: "),
                                  {{tr("pruner"), {}, Coloring::Method},
                                   {tr("study"), {}, Coloring::Study},
                                   {tr("model"), {}, Coloring::Model}},
                                  this);
    for (ChoiceButton* button : {m_x, m_y, m_scope, m_coloring}) addControl(button);
}

void TradeoffView::setScene(const CompareScene& scene) {
    m_scene = scene;
    draw();
}

std::vector<RunId> TradeoffView::runsInScope() const {
    return static_cast<Scope>(m_scope->value()) == Scope::All ? m_scene.data->all() : m_scene.runs;
}

/// Figures that only a run's summary has, and groups of seeds, need the details of every run shown.
void TradeoffView::wantDetails(const std::vector<RunId>& runs) {
    const bool needed = m_scene.grouped ||
                        infoOf(static_cast<RunFigure>(m_x->value())).fromSummary ||
                        infoOf(static_cast<RunFigure>(m_y->value())).fromSummary;
    std::vector<RunId> wanted = m_scene.runs;
    if (needed) wanted.insert(wanted.end(), runs.begin(), runs.end());
    if (needed) m_scene.data->want(wanted);
}

QString TradeoffView::groupOf(const RunRow& row) const {
    const auto coloring = static_cast<Coloring>(m_coloring->value());
    const std::string& text = coloring == Coloring::Study   ? row.studyName
                              : coloring == Coloring::Model ? row.model
                                                            : row.method;
    if (!text.empty() && !(coloring == Coloring::Method && text == "none"))
        return QString::fromStdString(text);
    return coloring == Coloring::Study   ? tr("on their own")
           : coloring == Coloring::Model ? tr("unknown model")
                                         : tr("not pruned");
}

ScatterPoint TradeoffView::pointOf(const RunGroup& group) const {
    const auto statistic = [&](RunFigure figure) {
        std::vector<double> values;
        for (RunId run : group.runs) values.push_back(figureOf(*m_scene.data->find(run), figure));
        return summarise(values);
    };
    const FigureInfo &x = infoOf(static_cast<RunFigure>(m_x->value())),
                     &y = infoOf(static_cast<RunFigure>(m_y->value()));
    const Statistic across = statistic(x.figure), up = statistic(y.figure);
    ScatterPoint point{across.mean, up.mean, up.deviation, group.runs.front().value(), group.name,
                       {},          0,       false};
    const QString spread = up.count > 1 ? tr(" ± %1").arg(y.text(up.deviation)) : QString();
    point.detail = QStringLiteral("%1 %2\n%3 %4%5")
                       .arg(x.name, x.text(across.mean), y.name, y.text(up.mean), spread);
    point.strong = std::any_of(group.runs.begin(), group.runs.end(), [this](RunId run) {
        return std::find(m_scene.runs.begin(), m_scene.runs.end(), run) != m_scene.runs.end();
    });
    return point;
}

/// The dense model's perplexity, where all runs shown have the same.
void TradeoffView::showReference(const std::vector<RunId>& runs) {
    double level = std::nan("");
    for (RunId id : runs) {
        const double own = figureOf(*m_scene.data->find(id), RunFigure::DensePpl);
        if (std::isnan(own)) continue;
        if (!std::isnan(level) && std::abs(own - level) > 1e-3 * level)
            return m_plot->setReference({}, {});
        level = own;
    }
    const auto y = static_cast<RunFigure>(m_y->value());
    const bool perplexity = y == RunFigure::PostKdPpl || y == RunFigure::PostPrunePpl;
    if (std::isnan(level) || !perplexity) return m_plot->setReference({}, {});
    m_plot->setReference(level, tr("dense %1").arg(formatPerplexity(level)));
}

void TradeoffView::draw() {
    if (m_scene.data == nullptr) return;
    std::vector<RunId> runs = runsInScope();
    std::erase_if(runs, [this](RunId run) { return m_scene.data->find(run) == nullptr; });
    wantDetails(runs);
    const FigureInfo &x = infoOf(static_cast<RunFigure>(m_x->value())),
                     &y = infoOf(static_cast<RunFigure>(m_y->value()));
    const bool share = x.figure == RunFigure::MlpRemoved ||
                       x.figure == RunFigure::ParametersRemoved ||
                       x.figure == RunFigure::BytesRemoved;
    m_plot->setXAxis(share ? [](double value) { return formatPercent(value, 0); } : x.text, x.name,
                     x.lowerIsBetter);
    m_plot->setYAxis(y.figure == RunFigure::PostKdPpl || y.figure == RunFigure::PostPrunePpl
                         ? formatTick
                         : y.text,
                     y.name, y.log);
    m_plot->setAccessibleName(tr("%1 against %2").arg(y.name, x.name));
    m_plot->setEmptyText(tr("No run here has both figures: %1 and %2. A run that is pruned and "
                            "distilled has them; other axes are in the title's row.")
                             .arg(x.name, y.name));
    std::vector<LegendEntry> legend;
    std::vector<ScatterPoint> points;
    qint64 left = 0;
    const ThemeColors& colors = themeColors(this);
    for (const RunGroup& group : m_scene.data->groups(runs, m_scene.grouped)) {
        ScatterPoint point = pointOf(group);
        if (!std::isfinite(point.x) || !std::isfinite(point.y)) {
            left += static_cast<qint64>(group.runs.size());
            continue;
        }
        const QString name = groupOf(m_scene.data->find(group.runs.front())->row);
        auto entry = std::find_if(legend.begin(), legend.end(),
                                  [&](const LegendEntry& one) { return one.name == name; });
        if (entry == legend.end())
            entry = legend.insert(
                legend.end(), {name, seriesColor(colors, static_cast<qint64>(legend.size()) + 4),
                               Qt::NoPen, markerShape(legend.size())});
        point.group = static_cast<std::size_t>(entry - legend.begin());
        points.push_back(std::move(point));
    }
    m_left->setText(
        tr("%1 runs without these figures are not drawn", nullptr, left).arg(formatWhole(left)));
    m_left->setVisible(left > 0 && !points.empty());
    m_plot->setGroups(std::move(legend));
    m_plot->setPoints(std::move(points));
    showReference(runs);
}

}  // namespace skd
