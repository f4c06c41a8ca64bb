#include "profile/benchmark_view.h"

#include <QEvent>
#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <algorithm>
#include <cmath>

#include "controls/build.h"
#include "controls/card.h"
#include "controls/choice_button.h"
#include "controls/data_table.h"
#include "profile/benchmark_table_model.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

BenchmarkView::BenchmarkView(ModelNames& names, QWidget* parent) : QWidget(parent), m_names(names) {
    buildPlot();
    buildTable();
    auto* column = makeColumn(12, this);
    column->addWidget(m_plotCard, 58);
    column->addWidget(m_tableCard, 42);
    connect(&m_names, &ModelNames::changed, this, [this] {
        draw();
        fillTable();
    });
    draw();
    whenChanged(this, QEvent::PaletteChange, [this] { draw(); });
}

void BenchmarkView::buildPlot() {
    m_plotCard = new Card(tr("Time to first token against batch"), this);
    m_plot = named(new PlotView(tr("Figures of every model against the batch"), m_plotCard),
                   "profile.benchmark");
    m_plot->setLogY(true);
    m_plot->setLegend(true);
    m_plot->setXText(
        [](double x) {
            return std::abs(x - std::round(x)) < 1e-6 ? formatTick(std::exp2(std::round(x)))
                                                      : QString();
        },
        tr("batch"));
    m_plot->setHoverText([this](double x) { return hoverText(x); });
    m_choice = new ChoiceButton(
        "profile.figure", tr("Figure"), {},
        {{tr("TTFT"), tr("time to first token: reading the prompts and choosing a token each"),
          Figure::Ttft},
         {tr("TPOT"), tr("time per output token: one step of the whole batch"), Figure::Tpot},
         {tr("memory"), tr("weights, and what the process grew by at most"), Figure::Memory},
         {tr("tokens/s"), tr("written by the whole batch"), Figure::Rate}},
        m_plotCard);
    m_scale = new ChoiceButton("", tr("Scale of the value axis"), {},
                               {{tr("log scale"), {}, 1}, {tr("linear scale"), {}, 0}}, m_plotCard);
    m_plotCard->addControl(makeLabel(tr("x: batch, log2 · band: quartiles"), TextRole::Small,
                                     "secondary", m_plotCard));
    m_plotCard->addControl(m_choice);
    m_plotCard->addControl(m_scale);
    m_plotCard->body()->addWidget(m_plot, 1);
    connect(m_choice, &ChoiceButton::chosen, this,
            [this](int value) { setFigure(static_cast<Figure>(value)); });
    connect(m_scale, &ChoiceButton::chosen, this, [this](int log) { m_plot->setLogY(log != 0); });
}

void BenchmarkView::buildTable() {
    m_tableCard = new Card(tr("All figures"), this);
    m_model = new BenchmarkTableModel(this);
    m_sorted = new QSortFilterProxyModel(this);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(Qt::UserRole);
    m_table = named(new DataTable(tr("Benchmark figures by model and batch"), m_tableCard),
                    "profile.benchmarkTable");
    m_table->setModel(m_sorted);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_sorted->sort(-1);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setMinimumHeight(80);
    m_tableCard->body()->addWidget(m_table, 1);
}

void BenchmarkView::setReport(BenchmarkReport report) {
    m_report = std::move(report);
    draw();
    fillTable();
}

void BenchmarkView::setEmptyText(const QString& text) {
    m_plot->setEmptyText(text);
}

void BenchmarkView::setFigure(Figure figure) {
    m_figure = figure;
    m_choice->setValue(static_cast<int>(figure));
    draw();
}

Spread BenchmarkView::figure(const BenchmarkCell& cell) const {
    switch (m_figure) {
        case Figure::Ttft:
            return cell.ttftMs;
        case Figure::Tpot:
            return cell.tpotMs;
        case Figure::Memory:
            return {cell.peakBytes, cell.peakBytes, cell.peakBytes};
        case Figure::Rate:
            break;
    }
    const auto perSecond = [&](double ms) { return 1000 * static_cast<double>(cell.batch) / ms; };
    return {cell.decodeTokensPerSecond, perSecond(cell.tpotMs.high), perSecond(cell.tpotMs.low)};
}

QString BenchmarkView::figureText(double value) const {
    if (m_figure == Figure::Memory) return formatMegabytes(value);
    if (m_figure == Figure::Rate) return tr("%1 tokens/s").arg(formatCount(value));
    return formatSpan(value / 1000);
}

QString BenchmarkView::hoverText(double x) const {
    double nearest = std::nan("");
    for (const BenchmarkModel& model : m_report.models)
        for (const BenchmarkCell& cell : model.cells)
            if (const double at = std::log2(static_cast<double>(cell.batch));
                std::isnan(nearest) || std::abs(at - x) < std::abs(nearest - x))
                nearest = at;
    if (std::isnan(nearest)) return {};
    QStringList lines{tr("batch %1").arg(formatTick(std::round(std::exp2(nearest))))};
    for (const BenchmarkModel& model : m_report.models)
        for (const BenchmarkCell& cell : model.cells) {
            if (std::log2(static_cast<double>(cell.batch)) != nearest) continue;
            const Spread value = figure(cell);
            lines << QStringLiteral("%1  %2").arg(
                m_names.shortTitle(QString::fromStdString(model.name)),
                std::isnan(value.median) ? tr("not measured") : figureText(value.median));
        }
    return lines.join(QLatin1Char('\n'));
}

void BenchmarkView::drawModel(std::size_t model, PlotAnnotations& annotations) {
    const BenchmarkModel& one = m_report.models[model];
    const QString path = QString::fromStdString(one.name);
    const QColor color = m_names.color(path, themeColors(this));
    std::vector<double> xs, ys;
    PlotAnnotations::Envelope band;
    for (const BenchmarkCell& cell : one.cells) {
        const Spread value = figure(cell);
        xs.push_back(std::log2(static_cast<double>(cell.batch)));
        ys.push_back(value.median);
        band.xs.push_back(xs.back());
        band.low.push_back(value.low);
        band.high.push_back(value.high);
        if (std::isfinite(value.median))
            annotations.markers.push_back({xs.back(), value.median, {}, color});
    }
    band.color = color;
    band.color.setAlphaF(0.22F);
    annotations.envelopes.push_back(std::move(band));
    // Lines differ by their pen as well as by their colour.
    static constexpr Qt::PenStyle pens[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine,
                                            Qt::DashDotLine};
    const std::size_t line =
        m_plot->addSeries({m_names.shortTitle(path), color, 1.6, pens[model % std::size(pens)]});
    m_plot->setData(line, std::move(xs), std::move(ys));
}

void BenchmarkView::draw() {
    static constexpr const char* titles[] = {QT_TR_NOOP("Time to first token against batch"),
                                             QT_TR_NOOP("Time per output token against batch"),
                                             QT_TR_NOOP("Memory against batch"),
                                             QT_TR_NOOP("Tokens per second against batch")};
    const QString title = tr(titles[static_cast<int>(m_figure)]);
    m_plotCard->setTitle(m_report.models.empty()
                             ? title
                             : tr("%1 · %2 read, %3 written · %4")
                                   .arg(title)
                                   .arg(m_report.prompt)
                                   .arg(m_report.generate)
                                   .arg(QString::fromStdString(m_report.dtype)));
    m_plot->setYText(
        [this](double y) { return m_figure == Figure::Rate ? formatCount(y) : figureText(y); },
        title);
    m_plot->clearSeries();
    PlotAnnotations annotations;
    for (std::size_t model = 0; model < m_report.models.size(); ++model)
        drawModel(model, annotations);
    m_plot->setAnnotations(std::move(annotations));
    m_plot->setToolTip({});
    m_choice->setToolTip(
        m_figure == Figure::Memory ? QString::fromStdString(m_report.memoryDefinition) : QString());
}

void BenchmarkView::fillTable() {
    QStringList names;
    for (const BenchmarkModel& model : m_report.models)
        names << m_names.shortTitle(QString::fromStdString(model.name));
    m_model->setReport(m_report, names);
    m_table->fitColumns();
    m_tableCard->setTitle(
        m_report.models.empty()
            ? tr("All figures")
            : tr("All figures · median of %1 rounds · %2, %3 threads · reads %4 GB/s")
                  .arg(m_report.rounds)
                  .arg(QString::fromStdString(m_report.device))
                  .arg(m_report.threads)
                  .arg(formatValue(m_report.bandwidth.median / 1e9)));
}

}  // namespace skd
