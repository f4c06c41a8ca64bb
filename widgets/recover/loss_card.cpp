#include "recover/loss_card.h"

#include <QLabel>
#include <cmath>

#include "charts/plot/curves.h"
#include "controls/build.h"
#include "style/format.h"

namespace skd {

namespace {

/// What the KL term is multiplied with in the loss: alpha T^2.
double klWeight(const RunCurves& curves) {
    const Json& spec = curves.details.spec;
    if (!spec.is_object() || !spec.contains("distill")) return 1;
    const double temperature = spec["distill"].value("temperature", 1.0);
    return spec["distill"].value("alpha", 1.0) * temperature * temperature;
}

}  // namespace

LossCard::LossCard(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("card"));
    setAccessibleName(tr("Training curves"));
    makeRow(20, this, {12, 8, 12, 8});
    addChart("kd.ce", tr("Cross-entropy"), tr("nats per token against the text"), 2);
    addChart("kd.kl", tr("KL × αT²"),
             tr("nats per token against the teacher, as it stands in the loss"), 6);
    addChart("kd.lr", tr("Learning rate"), {}, 4);
    addChart("kd.grad_norm", tr("Gradient norm"), tr("before clipping"), 3);
}

void LossCard::addChart(const char* metric, const QString& title, const QString& tip, int color) {
    auto* column = makeColumn(4);
    auto* label = makeLabel(title, TextRole::Title, "secondary", this);
    if (title.contains(QChar(0x03B1))) {  // small capitals would turn α into A
        QFont font = label->font();
        font.setCapitalization(QFont::MixedCase);
        label->setFont(font);
    }
    label->setToolTip(tip);
    auto* plot = new PlotView(title, this);
    plot->setCompact(true);
    plot->setObjectName(QStringLiteral("recover.") + QLatin1String(metric));
    plot->setXText([](double x) { return formatTick(std::round(x)); }, tr("step"));
    plot->setYText([](double y) { return formatTick(y); }, title);
    plot->setIncluded({0}, {});
    plot->setEmptyText(tr("From a run's first step on"));
    column->addWidget(label);
    column->addWidget(plot, 1);
    static_cast<QHBoxLayout*>(layout())->addLayout(column, 1);
    m_plots.push_back(plot);
    m_metrics.emplace_back(metric, color);
}

void LossCard::clear() {
    m_drawn = {};
    for (PlotView* plot : m_plots) plot->clearSeries();
}

void LossCard::show(const ShownRun& run) {
    const ThemeColors& colors = themeColors(this);
    const bool fresh = run.id != m_drawn || m_lastColor != colors.series[3];
    m_drawn = run.id;
    m_lastColor = colors.series[3];
    for (std::size_t i = 0; i < m_plots.size(); ++i) {
        const auto& [metric, color] = m_metrics[i];
        if (fresh) {
            m_plots[i]->clearSeries();
            m_plots[i]->addSeries({m_plots[i]->accessibleName(), seriesColor(colors, color), 1.3});
        }
        const Curve& curve = run.curves->at(metric);
        feedSeries(*m_plots[i], 0, curve, curve.edition,
                   metric == "kd.kl" ? klWeight(*run.curves) : 1);
    }
}

}  // namespace skd
