#include "pages/perplexity_card.h"

#include <QFileInfo>
#include <QVBoxLayout>
#include <cmath>

#include "charts/series_feed.h"
#include "delegates/format.h"
#include "pages/choice_button.h"

namespace skd {

double denseLevel(const RunCurves& curves) {
    for (const char* metric : {"ppl.dense_live", "ppl.dense"})
        if (const double value = curves.last(metric); !std::isnan(value)) return value;
    return curves.details.row.densePpl > 0 ? curves.details.row.densePpl : NAN;
}

double collapseLevel(const RunCurves& curves) {
    const Series& live = curves.at("ppl.live");
    if (!live.steps.empty() && live.steps.front() == 0) return live.values.front();
    const double value = curves.last("ppl.post_prune");
    return std::isnan(value) && curves.details.row.postPrunePpl > 0
               ? curves.details.row.postPrunePpl
               : value;
}

PerplexityCard::PerplexityCard(QWidget* parent)
    : Card(tr("Perplexity"), parent),
      m_plot(new PlotView(tr("Perplexity over optimiser steps"), this)) {
    m_scale = new ChoiceButton(tr("Scale of the perplexity axis"), {},
                               {{tr("log scale"), {}, 1}, {tr("linear scale"), {}, 0}}, this);
    addControl(makeLabel(tr("x: step"), static_cast<int>(TextRole::Small), "secondary", this));
    addControl(m_scale);
    connect(m_scale, &ChoiceButton::chosen, this, [this](int log) { m_plot->setLogY(log != 0); });
    m_plot->setObjectName(QStringLiteral("recover.perplexity"));
    m_plot->setLogY(true);
    m_plot->setXText([](double x) { return formatTick(std::round(x)); }, tr("step"));
    m_plot->setYText(
        [](double y) {
            return y >= 1000 ? formatTick(y) : formatPerplexity(y).remove(QStringLiteral(".0"));
        },
        tr("perplexity"));
    m_plot->setEmptyText(tr("This run has no perplexity curve yet."));
    body()->addWidget(m_plot, 1);
}

void PerplexityCard::rebuild(const std::vector<ShownRun>& runs) {
    m_plot->clearSeries();
    m_drawn.clear();
    for (const ShownRun& run : runs) {
        m_drawn.emplace_back(run.id, run.color);
        SeriesStyle style{QString::fromStdString(run.curves->details.row.name), run.color,
                          m_drawn.size() == 1 ? 2.0 : 1.2};
        style.endLabel = m_drawn.size() > 1;
        m_plot->addSeries(style);
    }
}

void PerplexityCard::show(const std::vector<ShownRun>& runs) {
    std::vector<std::pair<RunId, QColor>> wanted;
    for (const ShownRun& run : runs) wanted.emplace_back(run.id, run.color);
    if (wanted != m_drawn) rebuild(runs);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        SeriesStyle style = m_plot->series()[i].style;
        const QString name = QString::fromStdString(runs[i].curves->details.row.name);
        if (style.name != name) {
            style.name = name;
            m_plot->setStyle(i, style);
        }
        feedSeries(*m_plot, i, runs[i].curves->at("ppl.live"));
    }
    if (runs.empty()) return;
    annotate(runs.front());
    showTitle(*runs.front().curves);
}

void PerplexityCard::annotate(const ShownRun& run) {
    const ThemeColors& colors = themeColors(this);
    const double dense = denseLevel(*run.curves), collapse = collapseLevel(*run.curves);
    const Series& live = run.curves->at("ppl.live");
    PlotAnnotations annotations;
    if (!std::isnan(dense))
        annotations.horizontal.push_back(
            {dense, tr("dense %1").arg(formatPerplexity(dense)), colors.secondary});
    if (collapse > dense * 1.02)
        annotations.markers.push_back({0, collapse,
                                       tr("collapse %1").arg(formatPerplexity(collapse)),
                                       colors.bad, true, false});
    if (live.steps.size() > 1 && std::isfinite(live.values.back()))
        annotations.markers.push_back(
            {live.steps.back(), live.values.back(),
             tr("step %1 · %2").arg(live.steps.back()).arg(formatPerplexity(live.values.back())),
             run.live ? colors.text : run.color, false, true});
    m_plot->setAnnotations(std::move(annotations));
    double planned = 0;
    if (const Json& spec = run.curves->details.spec;
        run.live && spec.is_object() && spec.contains("distill"))
        planned = spec["distill"].value("steps", 0.0);
    m_plot->setIncluded({0, planned}, {dense});
}

void PerplexityCard::showTitle(const RunCurves& curves) {
    QStringList parts{tr("Perplexity")};
    if (const Json& spec = curves.details.spec; spec.is_object() && spec.contains("eval")) {
        parts << QString::fromStdString(spec["eval"].value("protocol", std::string()));
        parts << QFileInfo(QString::fromStdString(spec["eval"].value("text", std::string())))
                     .completeBaseName();
        if (const double tokens = spec["eval"].value("live_tokens", 0.0); tokens > 0)
            parts << tr("%1 tokens").arg(formatTick(tokens));
    }
    parts.removeAll(QString());
    setTitle(parts.join(QStringLiteral(" · ")));
}

}  // namespace skd
