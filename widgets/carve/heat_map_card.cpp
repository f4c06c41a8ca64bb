#include "carve/heat_map_card.h"

#include <QScrollArea>
#include <algorithm>
#include <cmath>
#include <limits>

#include "controls/build.h"
#include "controls/choice_button.h"
#include "style/format.h"

namespace skd {

HeatMapCard::HeatMapCard(CarveState& state, CarveReference& reference, QWidget* parent)
    : Card(tr("Matrices"), parent),
      m_state(state),
      m_reference(reference),
      m_map(new HeatMap),
      m_bar(new ColorBar(this)) {
    buildControls();
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setMinimumHeight(160);
    scroll->setSizePolicy(QSizePolicy::Expanding,
                          QSizePolicy::Ignored);  // follows the others' height
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    m_map->setObjectName(QStringLiteral("carve.heatmap"));
    m_map->setEmptyText(tr("The matrices of the model appear here once one is open."));
    scroll->setWidget(m_map);
    m_map->setAutoFillBackground(false);  // setWidget() switches it on
    scroll->viewport()->setAutoFillBackground(false);
    addAll(body(), {{scroll, 1}, gap(6), m_bar});
    connectMap();
    for (auto signal : {&CarveState::analysisChanged, &CarveState::planChanged})
        connect(&state, signal, this, &HeatMapCard::refresh);
    connect(&state.selection(), &SelectedMatrices::changed, this, &HeatMapCard::showSelection);
    connect(&reference, &CarveReference::changed, this, &HeatMapCard::refresh);
}

void HeatMapCard::buildControls() {
    m_choice = new ChoiceButton(
        "carve.coloring", tr("Colour of the heat map"), {},
        {{tr("kept energy"), tr("share of the squared singular values that remains"),
          Coloring::Energy},
         {tr("rank / break-even"),
          tr("rank as a share of break-even, from which on factors are larger than the matrix"),
          Coloring::BreakEven},
         {tr("sensitivity"), tr("measured weight: nats per token for each unit of energy cut off"),
          Coloring::Sensitivity},
         {tr("measured ΔKL"),
          tr("nats per token lost with this matrix alone cut to half its break-even rank"),
          Coloring::Measured}},
        this);
    addControl(m_choice);
    connect(m_choice, &ChoiceButton::chosen, this, &HeatMapCard::refresh);
}

void HeatMapCard::connectMap() {
    m_map->setTip([this](std::size_t cell) { return tip(cell); });
    connect(m_map, &HeatMap::hovered, this,
            [this](int cell) { Q_EMIT hovered(cell < 0 ? -1 : m_matrixOfCell[cell]); });
    connect(m_map, &HeatMap::entered, this, &HeatMapCard::entered);
    connect(m_map, &HeatMap::nudged, this,
            [this](int steps) { m_state.nudgeRanks(m_state.selection().matrices(), steps); });
    connect(m_map, &HeatMap::lockToggled, this, [this] {
        if (m_state.hasAnalysis())
            m_state.toggleLock(m_state.info(m_state.selection().current()).layer.value());
    });
    connect(m_map, &HeatMap::selectionEdited, this,
            [this](const std::vector<std::size_t>& cells, std::size_t current) {
                std::vector<std::size_t> matrices;
                for (std::size_t cell : cells)
                    if (m_matrixOfCell[cell] >= 0)
                        matrices.push_back(static_cast<std::size_t>(m_matrixOfCell[cell]));
                if (m_matrixOfCell[current] >= 0)
                    m_state.selection().select(std::move(matrices),
                                               static_cast<std::size_t>(m_matrixOfCell[current]));
            });
}

HeatMapCard::Coloring HeatMapCard::coloring() const {
    return static_cast<Coloring>(m_choice->value());
}

double HeatMapCard::rawLevel(std::size_t matrix) const {
    const MatrixSpectrum& spectrum = m_state.plan().analysis().matrices[matrix];
    const std::int64_t rank = m_state.snapshot().ranks[matrix];
    switch (coloring()) {
        case Coloring::Energy:
            return (m_scale.position(m_state.energyAt(matrix, rank)) - m_lowest) / (1 - m_lowest);
        case Coloring::BreakEven:
            return rank == 0
                       ? 1.0
                       : static_cast<double>(rank) / static_cast<double>(spectrum.info.breakEven());
        case Coloring::Measured:
            return spectrum.probeKl;
        case Coloring::Sensitivity:
            return spectrum.probeKl /
                   std::max(1e-12, 1 - m_state.spectrumEnergyAt(matrix, spectrum.probeRank));
    }
    return NAN;
}

/// Positive figures over decades: levels on a log scale between the smallest and the largest.
void HeatMapCard::showLogarithmic(std::vector<HeatMap::Cell>& cells) {
    double low = INFINITY, high = -INFINITY;
    for (const HeatMap::Cell& cell : cells) {
        if (!cell.present || !(cell.level > 0)) continue;
        low = std::min(low, cell.level);
        high = std::max(high, cell.level);
    }
    for (HeatMap::Cell& cell : cells) {
        const bool drawable = std::isfinite(cell.level) && high > low;
        cell.level =
            drawable ? std::log(std::max(cell.level, low) / low) / std::log(high / low) : NAN;
    }
    const QString unit = coloring() == Coloring::Measured ? tr("%1 nats") : tr("%1 nats / energy");
    m_bar->setEnds(high >= low ? formatValue(low) : tr("not measured"),
                   high >= low ? unit.arg(formatValue(high)) : QString());
}

void HeatMapCard::findLowest() {
    const auto& matrices = m_state.plan().analysis().matrices;
    m_scale = EnergyScale(m_state);
    m_lowest = 0.95;
    for (std::size_t i = 0; i < matrices.size();
         ++i) {  // cuts below an eighth of break-even all look alike
        const std::int64_t rank = std::max<std::int64_t>(1, matrices[i].info.breakEven() / 8);
        m_lowest = std::min(m_lowest, m_scale.position(m_state.energyAt(i, rank)));
    }
}

HeatMap::Cell HeatMapCard::cellOf(std::size_t matrix) const {
    const std::int64_t rank = m_state.snapshot().ranks[matrix];
    HeatMap::Cell cell{
        rawLevel(matrix), rank == 0 ? tr("dense") : QString(), true, rawLevel(matrix), {}, 0};
    if (coloring() == Coloring::Energy) cell.value = m_state.energyAt(matrix, rank);
    if (!m_reference.active()) return cell;
    constexpr std::int64_t kDense = std::numeric_limits<std::int64_t>::max();
    const std::int64_t behind = m_reference.ranks()[matrix];
    const std::int64_t mine = rank == 0 ? kDense : rank, theirs = behind == 0 ? kDense : behind;
    cell.behind = behind == 0 ? tr("dense") : QString::number(behind);
    cell.above = mine > theirs ? 1 : mine < theirs ? -1 : 0;
    return cell;
}

void HeatMapCard::refresh() {
    if (!m_state.hasAnalysis()) return;
    const auto& matrices = m_state.plan().analysis().matrices;
    findLowest();
    const std::vector<MatrixKind> kinds = m_state.kinds();
    QStringList columns;
    for (MatrixKind kind : kinds) columns << QLatin1String(matrixKindName(kind));
    const auto count = static_cast<std::size_t>(m_state.layers()) * kinds.size();
    m_matrixOfCell.assign(count, -1);
    m_cellOfMatrix.assign(matrices.size(), 0);
    std::vector<HeatMap::Cell> cells(count);
    for (HeatMap::Cell& cell : cells) cell.present = false;
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        const auto column =
            std::find(kinds.begin(), kinds.end(), matrices[i].info.kind) - kinds.begin();
        const std::size_t cell =
            static_cast<std::size_t>(matrices[i].info.layer.value()) * kinds.size() +
            static_cast<std::size_t>(column);
        m_matrixOfCell[cell] = static_cast<int>(i);
        m_cellOfMatrix[i] = cell;
        cells[cell] = cellOf(i);
    }
    showEnds(cells);
    m_map->setCells(columns, m_state.layers(), std::move(cells));
    showSelection();
}

void HeatMapCard::showEnds(std::vector<HeatMap::Cell>& cells) {
    if (coloring() == Coloring::Energy)
        m_bar->setEnds(QString::number(m_scale.energy(m_lowest), 'g', 2), tr("dense"));
    else if (coloring() == Coloring::BreakEven)
        m_bar->setEnds(QStringLiteral("0"), tr("break-even"));
    else
        showLogarithmic(cells);
}

void HeatMapCard::showSelection() {
    if (!m_state.hasAnalysis() || m_cellOfMatrix.empty()) return;
    std::vector<std::size_t> cells;
    for (std::size_t matrix : m_state.selection().matrices())
        cells.push_back(m_cellOfMatrix[matrix]);
    m_map->setSelection(cells, m_cellOfMatrix[m_state.selection().current()]);
}

QString HeatMapCard::describe(const CarveState& state, std::size_t matrix) {
    const MatrixInfo& info = state.info(matrix);
    const std::int64_t rank = state.snapshot().ranks[matrix],
                       full = std::min(info.rows, info.columns);
    const QString rankText =
        rank == 0 ? tr("dense, rank %1").arg(full) : tr("rank %1 of %2").arg(rank).arg(full);
    const std::int64_t zone = state.plan().deadZoneBegin(matrix);
    const QString text =
        zone < info.breakEven()
            ? tr("Layer %1 · %2 %3×%4 · %5 · energy %6 · break-even %7 · dead zone %8–%7, which no "
                 "budget chooses")
                  .arg(info.layer.value())
            : tr("Layer %1 · %2 %3×%4 · %5 · energy %6 · break-even %7 · no dead zone")
                  .arg(info.layer.value());
    const QString filled = text.arg(QLatin1String(matrixKindName(info.kind)))
                               .arg(info.rows)
                               .arg(info.columns)
                               .arg(rankText)
                               .arg(state.energyAt(matrix, rank), 0, 'f', 4)
                               .arg(info.breakEven());
    return zone < info.breakEven() ? filled.arg(zone) : filled;
}

QString HeatMapCard::tip(std::size_t cell) const {
    if (cell >= m_matrixOfCell.size() || m_matrixOfCell[cell] < 0) return {};
    const auto matrix = static_cast<std::size_t>(m_matrixOfCell[cell]);
    const MatrixSpectrum& spectrum = m_state.plan().analysis().matrices[matrix];
    const std::int64_t rank = m_state.snapshot().ranks[matrix];
    QString text =
        tr("%1\n%2\nenergy %3\n%4 of %5 parameters")
            .arg(matrixLabel(spectrum.info), rank == 0 ? tr("dense") : tr("rank %1").arg(rank))
            .arg(m_state.energyAt(matrix, rank), 0, 'f', 4)
            .arg(formatCount(spectrum.info.parametersAt(rank)),
                 formatCount(spectrum.info.parameters()));
    if (m_reference.active()) text += QLatin1Char('\n') + m_reference.compareText(matrix);
    if (std::isfinite(spectrum.probeKl))
        text += tr("\n%1 nats lost alone at rank %2")
                    .arg(formatValue(spectrum.probeKl))
                    .arg(spectrum.probeRank);
    return text;
}

}  // namespace skd
