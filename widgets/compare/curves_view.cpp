#include "charts/plot/plot_view.h"
#include "compare/compare_view.h"

#include <QComboBox>
#include <QSignalBlocker>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "charts/plot/curves.h"
#include "controls/choice_button.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr std::size_t kMostLines = 50;
constexpr std::size_t kMostLabels = 6;  ///< names written at the ends of lines

/// Scales of the axis: 0 as the metric asks, 1 log, 2 linear.
bool wantsLog(const std::string& metric, int choice) {
    return choice == 1 || (choice == 0 && metric.rfind("ppl", 0) == 0);
}

/// "kd.ce" -> "cross entropy"; a metric without words of its own keeps its name.
QString metricText(const std::string& metric) {
    static const std::map<std::string, const char*> words{
        {"ppl.live", QT_TRANSLATE_NOOP("skd::CurvesView", "perplexity on the selection text")},
        {"kd.ce", QT_TRANSLATE_NOOP("skd::CurvesView", "cross entropy")},
        {"kd.kl", QT_TRANSLATE_NOOP("skd::CurvesView", "KL to teacher")},
        {"kd.loss", QT_TRANSLATE_NOOP("skd::CurvesView", "loss")},
        {"kd.lr", QT_TRANSLATE_NOOP("skd::CurvesView", "learning rate")},
        {"kd.grad_norm", QT_TRANSLATE_NOOP("skd::CurvesView", "gradient norm")},
        {"kd.tokens_per_second", QT_TRANSLATE_NOOP("skd::CurvesView", "tokens/s")}};
    const auto found = words.find(metric);
    return found == words.end() ? asText(metric)
                                : QCoreApplication::translate("skd::CurvesView", found->second);
}

/// Lines beyond the seven colours differ by their pen.
Qt::PenStyle penOf(std::size_t index) {
    static constexpr Qt::PenStyle pens[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine,
                                            Qt::DashDotLine};
    return pens[index / 7 % 4];
}

class CurvesView : public CompareView {
    Q_DECLARE_TR_FUNCTIONS(skd::CurvesView)
public:
    explicit CurvesView(QWidget* parent)
        : CompareView(parent),
          m_plot(named(new PlotView(tr("Curves of the runs selected"), this), "compare.curves")),
          m_metric(named(new QComboBox(this), "compare.metric")) {
        m_plot->setLegend(true);
        m_plot->setXText([](double x) { return formatTick(std::round(x)); }, tr("step"));
        m_metric->setAccessibleName(tr("Metric"));
        m_metric->setFont(textFont(TextRole::Small));
        m_smoothing =
            new ChoiceButton("", tr("Smoothing of the curves"), tr("smoothing: "),
                             {{tr("none"), tr("the values as they were measured"), 0},
                              {QStringLiteral("0.6"),
                               tr("exponential moving average; the raw line stays visible"), 60},
                              {QStringLiteral("0.9"),
                               tr("exponential moving average; the raw line stays visible"), 90}},
                             this);
        m_scale = new ChoiceButton(
            "", tr("Scale of the curves"), tr("scale: "),
            {{tr("by metric"), tr("perplexities on a log scale, others linear"), 0},
             {tr("log"), {}, 1},
             {tr("linear"), {}, 2}},
            this);
        addControls({m_metric, m_smoothing, m_scale});
        fill(m_plot);
        connect(m_metric, &QComboBox::currentIndexChanged, this, &CurvesView::draw);
        connect(m_scale, &ChoiceButton::chosen, this, &CurvesView::draw);
        connect(m_smoothing, &ChoiceButton::chosen, this, [this](int percent) {
            m_weight = percent / 100.0;
            draw();
        });
    }
    void setScene(const CompareScene& scene) override {
        m_scene = scene;
        if (m_scene.runs.size() > kMostLines) m_scene.runs.resize(kMostLines);
        offerMetrics();
        draw();
    }
    [[nodiscard]] bool settled() const override {
        return std::all_of(m_scene.runs.begin(), m_scene.runs.end(),
                           [this](RunId run) { return m_scene.curves->curves(run).loaded; });
    }

private:
    /// The metrics that any of the runs has as a curve, perplexity first.
    void offerMetrics() {
        std::set<std::string> found;
        for (RunId run : m_scene.runs)
            for (const auto& [name, series] : m_scene.curves->curves(run).series)
                if (series.steps.size() > 1) found.insert(name);
        QStringList names = asTexts(found);
        std::stable_partition(names.begin(), names.end(), [](const QString& name) {
            return name == QLatin1String("ppl.live");
        });
        QStringList now;
        for (int i = 0; i < m_metric->count(); ++i) now << m_metric->itemData(i).toString();
        if (now == names) return;
        const QSignalBlocker quiet(m_metric);
        const QString kept = m_metric->currentData().toString();
        m_metric->clear();
        for (const QString& name : names) m_metric->addItem(metricText(name.toStdString()), name);
        m_metric->setCurrentIndex(std::max(0, m_metric->findData(kept)));
    }
    void draw() override {
        if (m_scene.data == nullptr) return;
        const std::string metric = m_metric->currentData().toString().toStdString();
        const bool perplexity = metric.rfind("ppl", 0) == 0;
        m_plot->clearSeries();
        m_plot->setLogY(wantsLog(metric, m_scale->value()));
        m_plot->setYText(perplexity ? formatTick : formatValue, metricText(metric));
        m_plot->setEmptyText(
            m_scene.runs.empty()
                ? tr("Select runs in the list on the left, several with Ctrl or Shift.")
                : tr("The runs selected have no curves."));
        PlotAnnotations annotations;
        const ThemeColors& colors = themeColors(this);
        const std::vector<RunGroup> groups = m_scene.data->groups(m_scene.runs, m_scene.grouped);
        for (std::size_t i = 0; i < groups.size() && !metric.empty(); ++i) {
            const RunRow& row = m_scene.data->find(groups[i].runs.front())->row;
            // A few runs keep the colours of the list; many get the set's own in order, so that
            // they differ.
            const QColor color = groups.size() > 4 && row.color.empty()
                                     ? seriesColor(colors, static_cast<qint64>(i))
                                     : runColor(colors, row);
            if (groups[i].runs.size() > 1)
                drawGroup(groups[i], color, i, annotations);
            else
                drawRun(m_scene.curves->curves(groups[i].runs.front()), color, i);
        }
        const double dense = metric == "ppl.live" ? commonDense() : std::nan("");
        if (!std::isnan(dense))
            annotations.horizontal.push_back(
                {dense, tr("dense %1").arg(formatPerplexity(dense)), colors.secondary});
        m_plot->setIncluded({},
                            std::isnan(dense) ? std::vector<double>{} : std::vector<double>{dense});
        m_plot->setAnnotations(std::move(annotations));
    }
    void drawRun(const RunCurves& curves, const QColor& color, std::size_t index) {
        const Series& series = curves.at(m_metric->currentData().toString().toStdString());
        SeriesStyle style{asText(curves.details.row.name), color, index == 0 ? 2.0 : 1.4,
                          penOf(index)};
        style.endLabel = m_scene.runs.size() <= kMostLabels && m_scene.runs.size() > 1;
        addLine(style, series.steps, series.values);
    }
    void drawGroup(const RunGroup& group, const QColor& color, std::size_t index,
                   PlotAnnotations& annotations) {
        std::vector<const Series*> curves;
        for (RunId run : group.runs) {
            const Series& one =
                m_scene.curves->curves(run).at(m_metric->currentData().toString().toStdString());
            if (!one.steps.empty()) curves.push_back(&one);
        }
        const CurveBand band = bandOf(curves);
        if (curves.size() > 1) {
            PlotAnnotations::Envelope envelope{band.steps, band.mean, band.mean, color, group.name};
            for (std::size_t i = 0; i < band.steps.size(); ++i) {
                envelope.low[i] -= band.deviation[i];
                envelope.high[i] += band.deviation[i];
            }
            annotations.envelopes.push_back(std::move(envelope));
        }
        addLine({group.name, color, 2.0, penOf(index)}, band.steps, band.mean);
    }
    void addLine(const SeriesStyle& style, std::vector<double> xs, const std::vector<double>& ys) {
        if (m_weight > 0) {
            SeriesStyle raw{{}, style.color, 1.0};
            raw.color.setAlphaF(0.25F);
            m_plot->setData(m_plot->addSeries(raw), xs, ys);
        }
        m_plot->setData(m_plot->addSeries(style), std::move(xs),
                        m_weight > 0 ? smoothed(ys, m_weight) : ys);
    }
    /// The dense model's level, where it is the same for all; NaN else.
    [[nodiscard]] double commonDense() const {
        std::vector<double> levels;
        for (RunId run : m_scene.runs) {
            const RunCurves& curves = m_scene.curves->curves(run);
            const double live = curves.last("ppl.dense_live");
            levels.push_back(std::isnan(live) ? curves.last("ppl.dense") : live);
        }
        return commonLevel(levels);
    }

    PlotView* m_plot;
    QComboBox* m_metric;
    ChoiceButton *m_smoothing, *m_scale;
    double m_weight = 0;
};

}  // namespace

CompareView* makeCurvesView(QWidget* parent) {
    return new CurvesView(parent);
}

}  // namespace skd
