#include "recover/perplexity_card.h"

#include <QFileInfo>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "bridge/run_forecast.h"
#include "bridge/run_front.h"
#include "charts/plot/curves.h"
#include "controls/build.h"
#include "controls/choice_button.h"
#include "recover/run_rounds.h"
#include "style/format.h"

namespace skd {

namespace {

/// The curve's value at a step, or the one behind it.
double levelAt(const Series& live, std::int64_t step) {
    const auto at =
        std::lower_bound(live.steps.begin(), live.steps.end(), static_cast<double>(step));
    return at == live.steps.end() ? std::nan("") : live.values[at - live.steps.begin()];
}

std::vector<double> nodesOf(const std::vector<ShownRun>& runs) {
    std::vector<double> sizes;
    if (!runs.empty())
        for (const NodeCurve& node : nodeCurves(*runs.front().curves))
            sizes.push_back(node.removed);
    return sizes;
}

}  // namespace

double denseLevel(const RunCurves& curves) {
    for (const char* metric : {"ppl.dense_live", "ppl.dense"})
        if (const double value = curves.last(metric); !std::isnan(value)) return value;
    return curves.details.row.densePpl > 0 ? curves.details.row.densePpl : NAN;
}

double collapseLevel(const RunCurves& curves) {
    for (const char* metric : {"ppl.pruned_live", "ppl.live"}) {
        const Series& live = curves.at(metric);
        if (!live.steps.empty() && live.steps.front() == 0) return live.values.front();
    }
    const double value = curves.last("ppl.post_prune");
    return std::isnan(value) && curves.details.row.postPrunePpl > 0
               ? curves.details.row.postPrunePpl
               : value;
}

PerplexityCard::PerplexityCard(QWidget* parent)
    : Card(tr("Perplexity"), parent),
      m_plot(
          named(new PlotView(tr("Perplexity over optimiser steps"), this), "recover.perplexity")) {
    m_scale = new ChoiceButton("recover.scale", tr("Scale of the perplexity axis"), {},
                               {{tr("log scale"), {}, 1}, {tr("linear scale"), {}, 0}}, this);
    m_smoothing = new ChoiceButton(
        "recover.smoothing", tr("Smoothing"), tr("smoothing: "),
        {{tr("none"), tr("the values as they were measured"), 0},
         {QStringLiteral("0.6"), tr("exponential moving average; the raw line stays visible"), 60},
         {QStringLiteral("0.9"), tr("exponential moving average; the raw line stays visible"), 90}},
        this);
    m_seeds = new ChoiceButton(
        "recover.seeds", tr("Several seeds"), tr("seeds: "),
        {{tr("a line each"), {}, 0},
         {tr("mean ± std"),
          tr("runs of one study and variant as one band, where at least two are selected"), 1}},
        this);
    addControl(makeLabel(tr("x: step"), TextRole::Small, "secondary", this));
    for (ChoiceButton* button : {m_seeds, m_smoothing, m_scale}) addControl(button);
    connect(m_scale, &ChoiceButton::chosen, this, [this](int log) { m_plot->setLogY(log != 0); });
    connect(m_smoothing, &ChoiceButton::chosen, this,
            [this](int percent) { setSmoothing(percent / 100.0); });
    connect(m_seeds, &ChoiceButton::chosen, this, [this](int on) { setBands(on != 0); });
    m_plot->setLogY(true);
    m_plot->setTakesNotes(true);
    m_plot->setXText([](double x) { return formatTick(std::round(x)); }, tr("step"));
    m_plot->setYText(
        [](double y) {
            return y >= 1000 ? formatTick(y) : formatPerplexity(y).remove(QStringLiteral(".0"));
        },
        tr("perplexity"));
    m_plot->setEmptyText(tr("This run has no perplexity curve yet."));
    buildForecast();
    connect(m_plot, &PlotView::markerClicked, this, &PerplexityCard::onMarker);
    connect(m_plot, &PlotView::noteRequested, this, [this](double x) {
        if (!m_runs.empty()) Q_EMIT noteRequested(m_runs.front().id, std::llround(x));
    });
}

void PerplexityCard::buildForecast() {
    m_forecast = named(new ElidedLabel({}, this), "recover.forecast", tr("Forecast"));
    m_forecast->setFont(textFont(TextRole::Small));
    m_forecast->setProperty("tone", QStringLiteral("secondary"));
    m_forecast->setTip(
        tr("PPL = a + b · tokens⁻ᶜ, fitted to the live curve since the last cut; in brackets what "
           "its scatter leaves open"));
    m_forecast->hide();
    addAll(body(), {{m_plot, 1}, m_forecast});
}

void PerplexityCard::setSmoothing(double weight) {
    m_weight = weight;
    m_restyled = true;
    draw();
}

void PerplexityCard::setBands(bool on) {
    m_seeds->setValue(on ? 1 : 0);
    m_bands = on;
    m_restyled = true;
    draw();
}

void PerplexityCard::show(const std::vector<ShownRun>& runs) {
    m_runs = runs;
    draw();
}

/// Lines are kept while the same runs are drawn in the same way, so that a live curve only grows.
void PerplexityCard::draw() {
    std::vector<std::pair<RunId, QColor>> wanted;
    for (const ShownRun& run : m_runs) wanted.emplace_back(run.id, run.color);
    const bool plain = m_weight == 0 && !m_bands;
    std::vector<double> nodes = m_bands ? std::vector<double>() : nodesOf(m_runs);
    const bool keep = plain && !m_restyled && wanted == m_drawn && nodes == m_drawnNodes;
    m_restyled = !plain;  // smoothed lines and bands are worked out again
    if (!keep) m_plot->clearSeries();
    m_drawn = std::move(wanted);
    m_drawnNodes = std::move(nodes);
    PlotAnnotations annotations;
    if (m_bands) drawBands(annotations);
    for (std::size_t i = 0; i < m_runs.size() && !m_bands; ++i) {
        if (!keep) drawRun(m_runs[i], i == 0);
        const std::size_t line = plain ? i : 2 * i;
        SeriesStyle style = m_plot->series()[line].style;
        style.name = asText(m_runs[i].curves->details.row.name);
        if (plain && style.name != m_plot->series()[line].style.name) m_plot->setStyle(line, style);
        const Curve& live = m_runs[i].curves->at("ppl.live");
        if (plain) feedSeries(*m_plot, line, live, live.edition);
    }
    if (m_runs.empty()) {
        m_forecastOf = {};
        return m_forecast->hide();
    }
    if (!keep) drawNodes(m_runs.front());
    feedNodes(m_runs.front());
    annotate(m_runs.front(), annotations);
    m_plot->setAnnotations(std::move(annotations));
    showTitle(*m_runs.front().curves);
    showForecast(m_runs.front());
}

/// Of the current run; worked out again where its curve has changed.
void PerplexityCard::showForecast(const ShownRun& run) {
    const Curve& live = run.curves->at("ppl.live");
    const std::tuple curve(run.id, live.edition, live.steps.size(), run.curves->loaded);
    if (m_forecastOf == curve) return;
    m_forecastOf = curve;
    const auto forecast = forecastOf(*run.curves);
    m_forecast->setText(forecast ? forecastText(*forecast) : QString());
    m_forecast->setVisible(forecast.has_value());
}

/// One line, or the raw one faint behind the smoothed one.
void PerplexityCard::drawRun(const ShownRun& run, bool first) {
    SeriesStyle style{asText(run.curves->details.row.name), run.color, first ? 2.0 : 1.2};
    style.endLabel = !first;
    if (m_weight == 0) {
        m_plot->addSeries(style);
        return;
    }
    const Series& live = run.curves->at("ppl.live");
    SeriesStyle raw{{}, run.color, 1.0};
    raw.color.setAlphaF(0.3F);
    m_plot->setData(m_plot->addSeries(raw), live.steps, live.values);
    m_plot->setData(m_plot->addSeries(style), live.steps, smoothed(live.values, m_weight));
}

/// A line for each size of an elastic run, the largest strongest; its own line is the size that
/// stands for it.
void PerplexityCard::drawNodes(const ShownRun& run) {
    const auto count = static_cast<float>(std::max<std::size_t>(1, m_drawnNodes.size()));
    for (std::size_t i = 0; i < m_drawnNodes.size(); ++i) {
        SeriesStyle style{tr("%1 removed").arg(formatPercent(m_drawnNodes[i], 0)),
                          withAlpha(run.color, 0.9F - 0.5F * static_cast<float>(i) / count), 1.1};
        style.endLabel = true;
        m_plot->addSeries(style);
    }
}

void PerplexityCard::feedNodes(const ShownRun& run) {
    const std::size_t first = m_plot->series().size() - m_drawnNodes.size();
    const std::vector<NodeCurve> nodes = nodeCurves(*run.curves);
    for (std::size_t i = 0; i < m_drawnNodes.size(); ++i)
        feedSeries(*m_plot, first + i, *nodes[i].live, nodes[i].live->edition);
}

void PerplexityCard::drawBands(PlotAnnotations& annotations) {
    std::map<std::string, std::vector<const ShownRun*>> groups;
    for (const ShownRun& run : m_runs) {
        const RunRow& row = run.curves->details.row;
        groups[row.variant.empty() ? row.name : row.studyName + " · " + row.variant].push_back(
            &run);
    }
    for (const auto& [name, runs] : groups) {
        std::vector<const Series*> curves;
        for (const ShownRun* run : runs) curves.push_back(&run->curves->at("ppl.live"));
        const CurveBand band = bandOf(curves);
        std::vector<double> values = m_weight > 0 ? smoothed(band.mean, m_weight) : band.mean;
        PlotAnnotations::Envelope envelope{band.steps, values, values, runs.front()->color,
                                           asText(name)};
        for (std::size_t i = 0; i < values.size(); ++i) {
            envelope.low[i] -= band.deviation[i];
            envelope.high[i] += band.deviation[i];
        }
        if (runs.size() > 1) annotations.envelopes.push_back(std::move(envelope));
        const QString label = asText(name);
        SeriesStyle style{runs.size() > 1 ? tr("%1 (%2 seeds)").arg(label).arg(runs.size()) : label,
                          runs.front()->color, 2.0};
        style.endLabel = groups.size() > 1;
        m_plot->setData(m_plot->addSeries(style), band.steps, std::move(values));
    }
}

void PerplexityCard::annotate(const ShownRun& run, PlotAnnotations& annotations) {
    const ThemeColors& colors = themeColors(this);
    const double dense = denseLevel(*run.curves), collapse = collapseLevel(*run.curves);
    const Series& live = run.curves->at("ppl.live");
    m_marks.clear();
    if (!std::isnan(dense))
        annotations.horizontal.push_back(
            {dense, tr("dense %1").arg(formatPerplexity(dense)), colors.secondary});
    if (collapse > dense * 1.02) {
        annotations.markers.push_back({0, collapse,
                                       tr("collapse %1").arg(formatPerplexity(collapse)),
                                       colors.bad, true, false});
        m_marks.emplace_back();
    }
    if (live.steps.size() > 1 && std::isfinite(live.values.back())) {
        annotations.markers.push_back(
            {live.steps.back(), live.values.back(),
             tr("step %1 · %2")
                 .arg(formatTick(live.steps.back()), formatPerplexity(live.values.back())),
             run.live ? colors.text : run.color, false, true});
        m_marks.emplace_back();
    }
    addRounds(*run.curves, annotations);
    addMarks(*run.curves, annotations);
    addNotes(*run.curves, annotations);
    m_plot->setIncluded({0, run.live ? plannedStepsOf(*run.curves) : 0}, {dense});
}

/// Where each round cut, to what, and what the gate said of it; a cut that was refused stands out.
void PerplexityCard::addRounds(const RunCurves& curves, PlotAnnotations& annotations) {
    const ThemeColors& colors = themeColors(this);
    const std::vector<RoundMark> rounds = roundsOf(curves);
    if (rounds.empty() || (rounds.size() == 1 && !rounds.front().rolledBack)) return;
    for (const RoundMark& round : rounds) {
        QStringList parts{tr("round %1").arg(round.number)};
        if (!std::isnan(round.target)) parts << formatPercent(round.target, 0);
        parts << gateText(round);
        if (round.rolledBack) parts << tr("rolled back");
        annotations.vertical.push_back({round.step, inOneLine(parts),
                                        round.rolledBack ? colors.bad : colors.secondary,
                                        Qt::DotLine, true});
    }
}

void PerplexityCard::addMarks(const RunCurves& curves, PlotAnnotations& annotations) {
    const ThemeColors& colors = themeColors(this);
    const Series& live = curves.at("ppl.live");
    std::set<std::int64_t> seen;
    for (const CheckpointNote& note : curves.checkpoints) {
        if (!seen.insert(note.step).second) continue;
        const double level = levelAt(live, note.step);
        annotations.markers.push_back({static_cast<double>(note.step),
                                       level,
                                       {},
                                       colors.secondary,
                                       false,
                                       false,
                                       tr("checkpoint, step %1 · %2\nclick: continue from here")
                                           .arg(note.step)
                                           .arg(formatPerplexity(level))});
        m_marks.push_back({note.step, {}});
    }
}

void PerplexityCard::addNotes(const RunCurves& curves, PlotAnnotations& annotations) {
    for (const AnnotationRow& note : curves.annotations) {
        const QString text = asText(note.text);
        annotations.markers.push_back(
            {static_cast<double>(note.step), levelAt(curves.at("ppl.live"), note.step), text,
             themeColors(this).accent, true, true,
             tr("%1\nstep %2 · click: edit or remove").arg(text).arg(note.step)});
        m_marks.push_back({-1, note});
    }
}

void PerplexityCard::onMarker(std::size_t marker) {
    if (marker >= m_marks.size() || m_runs.empty()) return;
    const Mark& mark = m_marks[marker];
    if (mark.note.id.value() > 0)
        Q_EMIT noteChosen(mark.note);
    else if (mark.checkpoint >= 0)
        Q_EMIT checkpointChosen(m_runs.front().id, mark.checkpoint);
}

/// What is measured stands in the title as far as there is room, and whole in its tip.
void PerplexityCard::showTitle(const RunCurves& curves) {
    const Json& spec = curves.details.spec;
    if (!spec.is_object() || !spec.contains("eval")) return setTitle(tr("Perplexity"));
    const Json& eval = memberOf(spec, "eval");
    const QString protocol = asText(valueOr(eval, "protocol", std::string()));
    const std::string selection = valueOr(eval, "selection", std::string());
    const QString text =
        QFileInfo(asText(selection.empty() ? valueOr(eval, "text", std::string()) : selection))
            .completeBaseName();
    QStringList parts{tr("Perplexity"), protocol, text},
        tip{tr("Perplexity while the student is distilled"), tr("protocol %1").arg(protocol),
            selection.empty()
                ? tr("text %1, which the final figures are of too").arg(text)
                : tr("text %1, held out to choose by; final figures are of another").arg(text)};
    if (const double tokens = valueOr(eval, "live_tokens", 0.0); tokens > 0)
        tip << tr("its first %1 tokens").arg(formatTick(tokens));
    const Json arithmetic = curves.details.environment.is_object()
                                ? valueOr(curves.details.environment, "arithmetic", Json())
                                : Json();
    if (arithmetic.is_string()) {
        const QString name = asText(valueOr(arithmetic, ""));
        parts << name;
        tip << tr("computed in %1").arg(name);
    }
    setTitle(inOneLine(parts), tip.join(QLatin1Char('\n')));
}

}  // namespace skd
