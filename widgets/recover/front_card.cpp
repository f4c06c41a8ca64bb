#include "recover/front_card.h"

#include <QSignalBlocker>
#include <QSlider>
#include <algorithm>
#include <cmath>

#include "charts/plot/plot_view.h"
#include "controls/build.h"
#include "style/format.h"

namespace skd {

FrontCard::FrontCard(QWidget* parent)
    : Card(tr("Front"), parent),
      m_plot(named(new PlotView(tr("Perplexity over the share removed"), this), "recover.front")) {
    setTitle(tr("Front"),
             tr("perplexity of every size that is measured, one line a moment of the run"));
    m_plot->setLogY(true);
    m_plot->setLegend(true);
    m_plot->setXText([](double x) { return formatPercent(x, 0); }, tr("removed"));
    m_plot->setYText(
        [](double y) {
            return y >= 1000 ? formatTick(y) : formatPerplexity(y).remove(QStringLiteral(".0"));
        },
        tr("perplexity"));
    m_plot->setEmptyText(tr("From the first evaluation of its sizes on"));
    m_draws = named(new ElidedLabel({}, this), "recover.draws", tr("Share of draws per size"));
    m_draws->setFont(textFont(TextRole::Small));
    m_draws->setProperty("tone", QStringLiteral("secondary"));
    body()->addWidget(m_plot, 1);
    buildSlider();
    body()->addWidget(m_draws);
    hide();
}

void FrontCard::buildSlider() {
    m_slider =
        named(new QSlider(Qt::Horizontal, this), "recover.front.step", tr("Step of the front"));
    m_slider->setToolTip(
        tr("the front as it was at an earlier step; at its end it follows the run"));
    m_stepText = makeLabel({}, TextRole::Small, "secondary", this, "recover.front.text");
    body()->addLayout(addAll(makeRow(8), {{m_slider, 1}, m_stepText}));
    connect(m_slider, &QSlider::valueChanged, this, &FrontCard::draw);
}

void FrontCard::show(const ShownRun& run) {
    const bool otherRun = run.id != m_run.id;
    m_run = run;
    m_steps = nodeSteps(nodeCurves(*run.curves));
    const RunSummary& summary = run.curves->details.summary;
    setVisible(!m_steps.empty() || !recordedFront(summary).empty());
    if (isHidden()) return;
    fitSlider(otherRun);
    draw();
    showDraws();
}

void FrontCard::clear() {
    m_run = {};
    m_steps.clear();
    m_plot->clearSeries();
    hide();
}

void FrontCard::fitSlider(bool otherRun) {
    const QSignalBlocker quiet(m_slider);
    const bool follows = otherRun || m_slider->value() == m_slider->maximum();
    const int last = std::max(0, static_cast<int>(m_steps.size()) - 1);
    m_slider->setRange(0, last);
    if (follows) m_slider->setValue(last);
    m_slider->setEnabled(last > 0);
}

double FrontCard::chosenStep() const {
    const auto at = static_cast<std::size_t>(m_slider->value());
    return at < m_steps.size() ? m_steps[at] : std::nan("");
}

void FrontCard::drawFront(const QString& name, const QColor& color, Qt::PenStyle pen,
                          const std::vector<FrontPoint>& front) {
    if (front.empty()) return;
    std::vector<double> xs, ys;
    for (const FrontPoint& point : front) {
        xs.push_back(point.removed);
        ys.push_back(point.ppl);
    }
    SeriesStyle style{name, color, pen == Qt::SolidLine ? 2.0 : 1.3, pen};
    m_plot->setData(m_plot->addSeries(style), std::move(xs), std::move(ys));
}

/// The figures of another text, with their intervals.
void FrontCard::drawRecorded(PlotAnnotations& annotations) {
    const std::vector<FrontPoint> front = recordedFront(m_run.curves->details.summary);
    if (front.empty()) return;
    const ThemeColors& colors = themeColors(this);
    PlotAnnotations::Envelope interval{{}, {}, {}, colors.text, tr("95 % of test text")};
    for (const FrontPoint& point : front) {
        const double half = std::isfinite(point.standardError) ? 1.96 * point.standardError : 0;
        interval.xs.push_back(point.removed);
        interval.low.push_back(point.ppl - half);
        interval.high.push_back(point.ppl + half);
        annotations.markers.push_back(
            {point.removed,
             point.ppl,
             {},
             colors.text,
             false,
             false,
             half > 0 ? tr("%1 removed: %2 ± %3 on the test text")
                            .arg(formatPercent(point.removed, 0), formatPerplexity(point.ppl),
                                 formatValue(half))
                      : tr("%1 removed: %2 on the test text")
                            .arg(formatPercent(point.removed, 0), formatPerplexity(point.ppl))});
    }
    annotations.envelopes.push_back(std::move(interval));
    drawFront(tr("test text, final"), colors.text, Qt::DashLine, front);
}

void FrontCard::draw() {
    m_plot->clearSeries();
    if (m_run.curves == nullptr) return;
    const ThemeColors& colors = themeColors(this);
    PlotAnnotations annotations;
    const std::vector<NodeCurve> nodes = nodeCurves(*m_run.curves);
    const double step = chosenStep();
    if (!m_steps.empty()) {
        if (step > m_steps.front())
            drawFront(tr("after the cut"), colors.faint, Qt::DotLine,
                      frontAt(nodes, m_steps.front()));
        const std::vector<FrontPoint> front = frontAt(nodes, step);
        drawFront(tr("live text, step %1").arg(formatTick(step)), m_run.color, Qt::SolidLine,
                  front);
        for (const FrontPoint& point : front)
            annotations.markers.push_back(
                {point.removed,
                 point.ppl,
                 {},
                 m_run.color,
                 false,
                 false,
                 tr("%1 removed: %2 at step %3")
                     .arg(formatPercent(point.removed, 0), formatPerplexity(point.ppl),
                          formatTick(step))});
    }
    drawRecorded(annotations);
    const double dense = denseLevel(*m_run.curves);
    if (!std::isnan(dense))
        annotations.horizontal.push_back(
            {dense, tr("dense %1").arg(formatPerplexity(dense)), colors.secondary});
    m_plot->setIncluded({}, {dense});
    m_plot->setAnnotations(std::move(annotations));
    m_stepText->setText(m_steps.empty() ? QString() : tr("step %1").arg(formatTick(step)));
}

/// Which sizes the sequences were trained at.
void FrontCard::showDraws() {
    const auto& elastic = m_run.curves->details.summary.elastic;
    std::int64_t all = 0;
    if (elastic)
        for (const ElasticBin& bin : elastic->draws) all += bin.draws;
    m_draws->setVisible(all > 0);
    if (all == 0) return;
    QStringList parts;
    for (const ElasticBin& bin : elastic->draws)
        parts << tr("from %1: %2")
                     .arg(formatPercent(bin.removed, 0),
                          formatPercent(static_cast<double>(bin.draws) / static_cast<double>(all),
                                        0));
    m_draws->setText(tr("sequences by size: %1").arg(parts.join(QStringLiteral(", "))));
}

}  // namespace skd
