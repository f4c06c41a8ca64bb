#include "charts/views/scatter_plot.h"
#include "compare/compare_view.h"

#include <algorithm>
#include <cmath>

#include "controls/choice_button.h"
#include "report/statistics.h"
#include "style/format.h"

namespace skd {

namespace {

class TradeoffView : public CompareView {
    Q_DECLARE_TR_FUNCTIONS(skd::TradeoffView)
public:
    enum class Scope { All, Selected };
    enum class Coloring { Method, Study, Model };

    explicit TradeoffView(QWidget* parent)
        : CompareView(parent),
          m_plot(named(new ScatterPlot(tr("Perplexity against what was removed"), this),
                       "compare.tradeoff")) {
        buildControls();
        m_left = makeLabel({}, TextRole::Small, "secondary", this, "compare.left");
        fill(m_plot, m_left);
        for (ChoiceButton* button : {m_x, m_y, m_scope, m_coloring})
            connect(button, &ChoiceButton::chosen, this, &TradeoffView::draw);
        passOn(m_plot);
    }

private:
    void buildControls() {
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
            {{tr("all runs"), tr("every run of the workspace; those selected are ringed"),
              Scope::All},
             {tr("selected runs"), tr("those selected in the list on the left"), Scope::Selected}},
            this);
        m_coloring = new ChoiceButton("compare.coloring", tr("Colour and shape"), tr("colour: "),
                                      {{tr("pruner"), {}, Coloring::Method},
                                       {tr("study"), {}, Coloring::Study},
                                       {tr("model"), {}, Coloring::Model}},
                                      this);
        addControls({m_x, m_y, m_scope, m_coloring});
    }
    void draw() override {
        if (m_scene.data == nullptr) return;
        std::vector<RunId> runs =
            static_cast<Scope>(m_scope->value()) == Scope::All ? m_scene.data->all() : m_scene.runs;
        std::erase_if(runs, [this](RunId run) { return m_scene.data->find(run) == nullptr; });
        wantDetails(runs);
        const FigureInfo &x = across(), &y = upwards();
        const bool share = x.figure == RunFigure::MlpRemoved ||
                           x.figure == RunFigure::ParametersRemoved ||
                           x.figure == RunFigure::BytesRemoved;
        m_plot->setXAxis(share ? [](double value) { return formatPercent(value, 0); } : x.text,
                         x.name, x.lowerIsBetter);
        m_plot->setYAxis(perplexityUpwards() ? formatTick : y.text, y.name, y.log);
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
                    legend.end(),
                    {name, seriesColor(colors, static_cast<qint64>(legend.size()) + 4), Qt::NoPen,
                     markerShape(legend.size())});
            point.group = static_cast<std::size_t>(entry - legend.begin());
            points.push_back(std::move(point));
        }
        m_left->setText(tr("%1 runs without these figures are not drawn", nullptr, left)
                            .arg(formatWhole(left)));
        m_left->setVisible(left > 0 && !points.empty());
        m_plot->setGroups(std::move(legend));
        m_plot->setPoints(std::move(points));
        showReference(runs);
    }
    /// Figures that only a run's summary has, and groups of seeds, need the details of every run
    /// shown.
    void wantDetails(const std::vector<RunId>& runs) {
        if (!m_scene.grouped && !across().fromSummary && !upwards().fromSummary) return;
        std::vector<RunId> wanted = m_scene.runs;
        wanted.insert(wanted.end(), runs.begin(), runs.end());
        m_scene.data->want(wanted);
    }
    [[nodiscard]] const FigureInfo& across() const {
        return infoOf(static_cast<RunFigure>(m_x->value()));
    }
    [[nodiscard]] const FigureInfo& upwards() const {
        return infoOf(static_cast<RunFigure>(m_y->value()));
    }
    [[nodiscard]] bool perplexityUpwards() const {
        const RunFigure y = upwards().figure;
        return y == RunFigure::PostKdPpl || y == RunFigure::PostPrunePpl;
    }
    [[nodiscard]] QString groupOf(const RunRow& row) const {
        const auto coloring = static_cast<Coloring>(m_coloring->value());
        const std::string& text = coloring == Coloring::Study   ? row.studyName
                                  : coloring == Coloring::Model ? row.model
                                                                : row.method;
        if (!text.empty() && !(coloring == Coloring::Method && text == "none")) return asText(text);
        return coloring == Coloring::Study   ? tr("on their own")
               : coloring == Coloring::Model ? tr("unknown model")
                                             : tr("not pruned");
    }
    [[nodiscard]] ScatterPoint pointOf(const RunGroup& group) const {
        const FigureInfo &x = across(), &y = upwards();
        const Statistic width = m_scene.data->statistic(group, x.figure),
                        up = m_scene.data->statistic(group, y.figure);
        ScatterPoint point{
            width.mean, up.mean, up.deviation, group.runs.front().value(), group.name,
            {},         0,       false};
        const QString spread = up.count > 1 ? tr(" ± %1").arg(y.text(up.deviation)) : QString();
        point.detail = QStringLiteral("%1 %2\n%3 %4%5")
                           .arg(x.name, x.text(width.mean), y.name, y.text(up.mean), spread);
        point.strong = std::any_of(group.runs.begin(), group.runs.end(), [this](RunId run) {
            return std::find(m_scene.runs.begin(), m_scene.runs.end(), run) != m_scene.runs.end();
        });
        return point;
    }
    /// The dense model's perplexity, where all runs shown have the same.
    void showReference(const std::vector<RunId>& runs) {
        std::vector<double> levels;
        for (RunId id : runs)
            levels.push_back(figureOf(*m_scene.data->find(id), RunFigure::DensePpl));
        const double level = commonLevel(levels);
        if (std::isnan(level) || !perplexityUpwards()) return m_plot->setReference({}, {});
        m_plot->setReference(level, tr("dense %1").arg(formatPerplexity(level)));
    }

    ScatterPlot* m_plot;
    QLabel* m_left;  ///< how many runs have no place on it
    ChoiceButton *m_x, *m_y, *m_scope, *m_coloring;
};

}  // namespace

CompareView* makeTradeoffView(QWidget* parent) {
    return new TradeoffView(parent);
}

}  // namespace skd
