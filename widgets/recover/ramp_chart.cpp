#include "recover/ramp_chart.h"

#include <cmath>

#include "charts/plot/plot_view.h"
#include "controls/build.h"
#include "store/ramp_curves.h"
#include "style/format.h"

namespace skd {

RampChart::RampChart(QWidget* parent) : QWidget(parent) {
    const QString title = tr("Learning-rate ramp");
    auto* label = makeLabel(title, TextRole::Title, "secondary", this);
    label->setToolTip(
        tr("loss of a short training run on rising learning rates, from which the run's was "
           "chosen; faint: as it was, strong: smoothed"));
    m_plot = named(new PlotView(title, this), "recover.ramp");
    m_plot->setCompact(true);
    // The axis holds log10 of the rates.
    m_plot->setXText([](double x) { return formatRate(std::pow(10.0, x)); }, tr("learning rate"));
    m_plot->setYText([](double y) { return formatTick(y); }, tr("loss"));
    m_chosen = named(new ElidedLabel({}, this), "recover.ramp.chosen", tr("Learning rate chosen"));
    m_chosen->setFont(textFont(TextRole::Small));
    m_chosen->setProperty("tone", QStringLiteral("secondary"));
    addAll(makeColumn(4, this), {label, {m_plot, 1}, m_chosen});
    hide();
}

void RampChart::show(const RunCurves& curves) {
    const std::vector<RampCurve> ramps =
        rampCurves({curves.at("kd.ramp_rate"), curves.at("kd.ramp_loss"),
                    curves.at("kd.ramp_smoothed"), curves.at("kd.ramp_chosen")},
                   curves.details.summary);
    setVisible(!ramps.empty());
    if (ramps.empty()) return;
    const Curve& rates = curves.at("kd.ramp_rate");
    const std::tuple wanted(rates.edition, rates.steps.size(), ramps.back().reason,
                            themeColors(this).dark);
    if (m_drawn == wanted) return;  // a zoom stays
    m_drawn = wanted;
    draw(ramps.back());
}

void RampChart::draw(const RampCurve& ramp) {
    const ThemeColors& colors = themeColors(this);
    std::vector<double> rates;
    for (const double rate : ramp.rates) rates.push_back(std::log10(rate));
    m_plot->clearSeries();
    m_plot->setData(m_plot->addSeries({{}, withAlpha(colors.secondary, 0.35F), 1.0}), rates,
                    ramp.losses);
    m_plot->setData(m_plot->addSeries({tr("loss, smoothed"), colors.accent, 1.6}), rates,
                    ramp.smoothed);
    const bool known = std::isfinite(ramp.chosen) && ramp.chosen > 0;
    const QString chosen = known ? formatRate(ramp.chosen) : QStringLiteral("–");
    PlotAnnotations annotations;
    if (known)
        annotations.vertical.push_back(
            {std::log10(ramp.chosen), chosen, colors.text, Qt::DashLine, true});
    m_plot->setAnnotations(std::move(annotations));
    m_chosen->setText(
        ramp.reason.empty() ? chosen : QStringLiteral("%1: %2").arg(chosen, asText(ramp.reason)));
}

}  // namespace skd
