#include "charts/views/scatter_plot.h"
#include "compare/compare_view.h"

#include <cmath>

#include "style/format.h"

namespace skd {

namespace {

/// How far each round of the runs selected lies from the original model, against what it removed.
class DeviationView : public CompareView {
    Q_DECLARE_TR_FUNCTIONS(skd::DeviationView)
public:
    explicit DeviationView(QWidget* parent)
        : CompareView(parent),
          m_plot(named(
              new ScatterPlot(tr("Distance to the original model against what was removed"), this),
              "compare.deviation")) {
        m_plot->setXAxis([](double value) { return formatPercent(value, 0); }, tr("MLP removed"),
                         false);
        m_plot->setYAxis(formatTick, tr("KL to the original model, nats per token"), true);
        m_plot->setEmptyText(
            tr("No run selected has measured this distance: rounds do so where the stability gate "
               "is on (schedule.gate)."));
        fill(m_plot);
        passOn(m_plot);
    }

private:
    enum Group : std::size_t { AfterCut, AfterDistillation };

    void draw() override {
        if (m_scene.data == nullptr) return;
        m_scene.data->want(m_scene.runs);
        const ThemeColors& colors = themeColors(this);
        m_plot->setGroups(
            {{tr("after the cut"), seriesColor(colors, 1), Qt::NoPen, markerShape(AfterCut)},
             {tr("after distillation"), seriesColor(colors, 0), Qt::NoPen,
              markerShape(AfterDistillation)}});
        std::vector<ScatterPoint> points;
        for (const RunId id : m_scene.runs) {
            const ComparedRun* run = m_scene.data->find(id);
            if (run == nullptr || !m_scene.data->hasDetails(id)) continue;
            for (const RoundSummary& round : run->summary.rounds)
                if (!round.rolledBack) addRound(*run, round, points);
        }
        m_plot->setPoints(std::move(points));
    }
    void addRound(const ComparedRun& run, const RoundSummary& round,
                  std::vector<ScatterPoint>& points) const {
        addPoint(run, round, {round.gateOriginalKl, round.gateOriginalHalfWidth, AfterCut}, points);
        addPoint(run, round, {round.recoveredKl, round.recoveredHalfWidth, AfterDistillation},
                 points);
    }
    struct Distance {
        const std::optional<double>&kl, &halfWidth;
        Group group;
    };
    void addPoint(const ComparedRun& run, const RoundSummary& round, const Distance& distance,
                  std::vector<ScatterPoint>& points) const {
        if (!distance.kl || !round.mlpRemoved) return;
        const QString spread = distance.halfWidth
                                   ? tr(" ± %1 (95 %)").arg(formatValue(*distance.halfWidth))
                                   : QString();
        ScatterPoint point;
        point.x = *round.mlpRemoved;
        point.y = *distance.kl;
        point.deviation = valueOrNan(distance.halfWidth);
        point.id = run.row.id.value();
        point.name = asText(run.row.name);
        point.detail =
            tr("round %1, %2 removed\n%3 nats per token%4")
                .arg(formatWhole(round.round.value_or(1)), formatPercent(*round.mlpRemoved),
                     formatValue(*distance.kl), spread);
        point.group = distance.group;
        point.strong = run.row.id == m_scene.current && m_scene.runs.size() > 1;
        points.push_back(std::move(point));
    }

    ScatterPlot* m_plot;
};

}  // namespace

CompareView* makeDeviationView(QWidget* parent) {
    return new DeviationView(parent);
}

}  // namespace skd
