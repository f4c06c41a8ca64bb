#include "profile/benchmark_view.h"

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <algorithm>
#include <cmath>

#include "controls/build.h"
#include "controls/card.h"
#include "controls/choice_button.h"
#include "controls/data_table.h"
#include "style/format.h"

namespace skd {

namespace {

QString quartiles(const Spread& ms) {
    const QString low = formatSpan(ms.low / 1000), high = formatSpan(ms.high / 1000);
    const QChar gap(0x202F);
    const bool sameUnit = low.section(gap, 1) == high.section(gap, 1);
    return QStringLiteral("%1 – %2").arg(sameUnit ? low.section(gap, 0, 0) : low, high);
}

GridCell spreadCell(const Spread& ms) {
    return {.text = quartiles(ms), .key = ms.high - ms.low};
}

GridModel::Row rowOf(const QString& model, const BenchmarkCell& cell) {
    const auto batch = static_cast<double>(cell.batch);
    return {{model},
            {formatTick(batch), batch},
            {formatSpan(cell.ttftMs.median / 1000), cell.ttftMs.median},
            spreadCell(cell.ttftMs),
            {formatSpan(cell.tpotMs.median / 1000), cell.tpotMs.median},
            spreadCell(cell.tpotMs),
            {formatValue(cell.decodeTokensPerSecond), cell.decodeTokensPerSecond},
            {std::isnan(cell.peakBytes) ? QStringLiteral("–") : formatMegabytes(cell.peakBytes),
             cell.peakBytes},
            {formatFactor(cell.prefillSpeedup.median), cell.prefillSpeedup.median},
            {formatFactor(cell.decodeSpeedup.median), cell.decodeSpeedup.median},
            {formatPercent(cell.boundShare, 0), cell.boundShare}};
}

}  // namespace

BenchmarkTableModel::BenchmarkTableModel(QObject* parent) : GridModel(parent) {
    setGrid({tr("Model"), tr("Batch"), tr("TTFT"), tr("quartiles"), tr("TPOT"), tr("quartiles"),
             tr("Tokens/s"), tr("Memory"), tr("Prefill"), tr("Decode"), tr("Of bound")},
            {});
    setHeaderTips({{},
                   tr("sequences answered at once"),
                   tr("time to first token, median: reading the prompts and choosing a token each"),
                   tr("of the time to first token"),
                   tr("time per output token, median: one step of the whole batch"),
                   tr("of the time per output token"),
                   tr("written by the whole batch"),
                   tr("weights, and what the process grew by at most"),
                   tr("the first model's TTFT of the same round / this model's"),
                   tr("the first model's TPOT of the same round / this model's"),
                   tr("weight bytes read per step / TPOT / read bandwidth")});
}

void BenchmarkTableModel::setReport(const BenchmarkReport& report, const QStringList& names) {
    Rows rows;
    for (std::size_t i = 0; i < report.models.size(); ++i)
        for (const BenchmarkCell& cell : report.models[i].cells)
            rows.push_back(rowOf(names.value(static_cast<int>(i)), cell));
    setRows(std::move(rows));
}

BenchmarkView::BenchmarkView(ModelNames& names, const QString& emptyText, QWidget* parent)
    : QWidget(parent), m_names(names) {
    buildPlot();
    m_plot->setEmptyText(emptyText);
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
    auto* scale =
        new ChoiceButton("", tr("Scale of the value axis"), {},
                         {{tr("log scale"), {}, 1}, {tr("linear scale"), {}, 0}}, m_plotCard);
    m_plotCard->addControl(makeLabel(tr("x: batch, log2 · band: quartiles"), TextRole::Small,
                                     "secondary", m_plotCard));
    m_plotCard->addControl(m_choice);
    m_plotCard->addControl(scale);
    m_plotCard->body()->addWidget(m_plot, 1);
    connect(m_choice, &ChoiceButton::chosen, this, &BenchmarkView::draw);
    connect(scale, &ChoiceButton::chosen, this, [this](int log) { m_plot->setLogY(log != 0); });
}

void BenchmarkView::buildTable() {
    m_tableCard = new Card(tr("All figures"), this);
    m_model = new BenchmarkTableModel(this);
    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(m_model);
    sorted->setSortRole(Qt::UserRole);
    m_table = named(new DataTable(tr("Benchmark figures by model and batch"), m_tableCard),
                    "profile.benchmarkTable");
    m_table->setModel(sorted);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    sorted->sort(-1);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setMinimumHeight(80);
    m_tableCard->body()->addWidget(m_table, 1);
}

void BenchmarkView::setReport(BenchmarkReport report) {
    m_report = std::move(report);
    draw();
    fillTable();
}

BenchmarkView::Figure BenchmarkView::shown() const {
    return static_cast<Figure>(m_choice->value());
}

Spread BenchmarkView::figure(const BenchmarkCell& cell) const {
    switch (shown()) {
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
    if (shown() == Figure::Memory) return formatMegabytes(value);
    if (shown() == Figure::Rate) return tr("%1 tokens/s").arg(formatCount(value));
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
    const QString title = tr(titles[m_choice->value()]);
    m_plotCard->setTitle(m_report.models.empty()
                             ? title
                             : tr("%1 · %2 read, %3 written · %4")
                                   .arg(title)
                                   .arg(m_report.prompt)
                                   .arg(m_report.generate)
                                   .arg(QString::fromStdString(m_report.dtype)));
    m_plot->setYText(
        [this](double y) { return shown() == Figure::Rate ? formatCount(y) : figureText(y); },
        title);
    m_plot->clearSeries();
    PlotAnnotations annotations;
    for (std::size_t model = 0; model < m_report.models.size(); ++model)
        drawModel(model, annotations);
    m_plot->setAnnotations(std::move(annotations));
    m_plot->setToolTip({});
    m_choice->setToolTip(
        shown() == Figure::Memory ? QString::fromStdString(m_report.memoryDefinition) : QString());
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
