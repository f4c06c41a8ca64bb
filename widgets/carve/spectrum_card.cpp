#include "carve/spectrum_card.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "controls/build.h"
#include "controls/choice_button.h"
#include "style/format.h"

namespace skd {

namespace {
constexpr std::size_t kOverlaid = 8;  ///< curves beyond these would only be a brush stroke
}

SpectrumCard::SpectrumCard(CarveState& state, CarveReference& reference, QWidget* parent)
    : Card(tr("Singular values"), parent),
      m_state(state),
      m_reference(reference),
      m_plot(named(new PlotView(tr("Singular values of the selected matrices"), this),
                   "carve.spectrum")) {
    buildControls();
    m_plot->setLogY(true);
    m_plot->setXText([](double x) { return QString::number(std::llround(x)); }, tr("rank"));
    m_plot->setYText([](double y) { return formatTick(y); }, tr("singular value"));
    m_plot->setHoverText([this](double x) { return hoverText(x); });
    m_plot->setEmptyText(tr("Open a model, or select a matrix."));
    body()->addWidget(m_plot, 1);
    connectHandle();
    connect(&state, &CarveState::analysisChanged, this, &SpectrumCard::showSpectra);
    connect(&state.selection(), &SelectedMatrices::changed, this, &SpectrumCard::showSpectra);
    connect(&state, &CarveState::planChanged, this, &SpectrumCard::showCut);
    connect(&reference, &CarveReference::changed, this, &SpectrumCard::showSpectra);
    whenChanged(this, QEvent::PaletteChange, [this] { showSpectra(); });
}

/// What the singular values of an analysis' truncation belong to.
QString SpectrumCard::whitenedTip(Truncation truncation) {
    switch (truncation) {
        case Truncation::Asvd:
            return tr("of the weights times the mean size of each input");
        case Truncation::Fisher:
            return tr(
                "of the weights between the calibration text's inputs and the loss's gradients: "
                "half the squares that are cut estimate the nats per token lost");
        case Truncation::Plain:
            return tr("of the weights alone");
        case Truncation::Whitened:
            break;
    }
    return tr("of the weights as the calibration text meets them (√ eigenvalues of W G Wᵀ)");
}

void SpectrumCard::buildControls() {
    m_truncation =
        new ChoiceButton("carve.truncation", tr("Which singular values"), {},
                         {{tr("whitened"), whitenedTip(Truncation::Whitened), Truncation::Whitened},
                          {tr("plain"), tr("of the weights alone"), Truncation::Plain}},
                         this);
    m_form = new ChoiceButton(
        "carve.form", tr("How cut matrices are held"), {},
        {{tr("factored"), tr("two thin factors: r (m + n) parameters"), MatrixForm::Factored},
         {tr("identity block"),
          tr("r rows of the matrix, and what the others are of them: r (m + n - r) parameters, so "
             "more rank for the same size"),
          MatrixForm::IdentityBlock}},
        this);
    addControl(m_truncation);
    addControl(m_form);
    m_scale = makeLabel({}, TextRole::Small, "secondary", this, "carve.spectrum.scale");
    addControl(m_scale);
    connect(m_truncation, &ChoiceButton::chosen, this,
            [this](int value) { m_state.setTruncation(static_cast<Truncation>(value)); });
    connect(m_form, &ChoiceButton::chosen, this,
            [this](int value) { m_state.setForm(static_cast<MatrixForm>(value)); });
}

void SpectrumCard::connectHandle() {
    connect(m_plot, &PlotView::handlePressed, this, [this] { m_state.beginEdit(tr("cut")); });
    connect(m_plot, &PlotView::handleReleased, this, [this] { m_state.endEdit(); });
    connect(m_plot, &PlotView::handleMoved, this, [this](double x) {
        m_state.setRanks(m_state.selection().matrices(),
                         std::max<std::int64_t>(CarveState::kMultiple, std::llround(x)));
    });
}

double SpectrumCard::fullRank() const {
    return static_cast<double>(m_state.plan().spectrum(m_state.selection().current()).size());
}

void SpectrumCard::addLine(const SeriesStyle& style, std::vector<double> values) {
    std::vector<double> ranks(values.size());
    std::iota(ranks.begin(), ranks.end(), 1);
    m_plot->setData(m_plot->addSeries(style), std::move(ranks), std::move(values));
}

void SpectrumCard::addCurve(std::size_t matrix, const QColor& color, double width) {
    addLine({matrixLabel(m_state.info(matrix)), color, width}, m_state.plan().spectrum(matrix));
}

void SpectrumCard::addEnergy(std::size_t matrix) {
    std::vector<double> energy(m_state.plan().spectrum(matrix).size());
    for (std::size_t i = 0; i < energy.size(); ++i)
        energy[i] = m_state.energyAt(matrix, static_cast<std::int64_t>(i + 1));
    addLine({tr("energy"), themeColors(this).secondary, 1.0, Qt::DashLine, true},
            std::move(energy));
}

/// What the compared run's own analysis says of the matrix, where that is another curve.
void SpectrumCard::addBehind(std::size_t matrix) {
    const std::vector<double>* sigma =
        m_reference.active() ? m_reference.spectrum(matrix) : nullptr;
    m_plot->setLegend(sigma != nullptr);
    if (sigma != nullptr)
        addLine({m_reference.name(), themeColors(this).secondary, 1.0, Qt::DotLine}, *sigma);
}

void SpectrumCard::showChoices() {
    const bool whitened = !m_state.plan().analysis().matrices.front().weighted.empty();
    const Truncation truncation = m_state.plan().analysis().truncation;
    m_truncation->setChoiceEnabled(static_cast<int>(Truncation::Whitened), whitened);
    if (whitened)
        m_truncation->setChoiceText(static_cast<int>(Truncation::Whitened),
                                    QString::fromLatin1(enumName(truncation)),
                                    whitenedTip(truncation));
    m_form->setValue(static_cast<int>(m_state.plan().form()));
    m_truncation->setValue(static_cast<int>(whitened ? m_state.truncation() : Truncation::Plain));
}

void SpectrumCard::showSpectra() {
    if (!m_state.hasAnalysis() || m_state.plan().ranks().empty()) return;
    showChoices();
    m_plot->clearSeries();
    const bool recovered = m_state.sizes() != nullptr;
    m_form->setEnabled(!recovered);
    m_truncation->setVisible(!isTrained());
    m_scale->setText(isTrained() ? tr("what prefixes leave out, log scale") : tr("σ, log scale"));
    m_plot->setYText([](double y) { return formatTick(y); },
                     isTrained() ? tr("relative error") : tr("singular value"));
    isTrained() ? showTrained() : showSigmas();
    m_plot->setIncluded({0, fullRank()}, {});
    showTitle();
    showCut();
}

bool SpectrumCard::isTrained() const {
    return m_state.sizes() != nullptr &&
           m_state.sizes()->energyOf(m_state.selection().current()) != nullptr;
}

/// The trained prefixes of the selected matrices, and behind them what the start left out.
void SpectrumCard::showTrained() {
    const ThemeColors& colors = themeColors(this);
    const std::size_t current = m_state.selection().current();
    m_plot->setLegend(true);
    addStart(current);
    std::size_t drawn = 1;
    for (const std::size_t matrix : m_state.selection().matrices()) {
        if (matrix == current || drawn >= kOverlaid) continue;
        if (m_state.sizes()->energyOf(matrix) != nullptr)
            addTrained(matrix, seriesColor(colors, static_cast<qint64>(drawn++)), 1.0);
    }
    addTrained(current, colors.accent, 1.9);
    m_plot->setYFloor(std::nan(""));
}

void SpectrumCard::addTrained(std::size_t matrix, const QColor& color, double width) {
    const ElasticEnergy& energy = *m_state.sizes()->energyOf(matrix);
    std::vector<double> ranks, errors;
    for (std::size_t i = 0; i + 1 < energy.errors.size(); ++i) {  // at the cap nothing is left out
        ranks.push_back(static_cast<double>(energy.grid) * static_cast<double>(i));
        errors.push_back(energy.errors[i]);
    }
    m_plot->setData(
        m_plot->addSeries({tr("%1, trained").arg(matrixLabel(m_state.info(matrix))), color, width}),
        std::move(ranks), std::move(errors));
}

/// Of the cut to as many components as were trained.
void SpectrumCard::addStart(std::size_t matrix) {
    const ElasticEnergy& energy = *m_state.sizes()->energyOf(matrix);
    const std::vector<double>& sigma = m_state.plan().spectrum(matrix);
    const std::size_t cap =
        std::min(sigma.size(), static_cast<std::size_t>(energy.grid) * (energy.errors.size() - 1));
    std::vector<double> ranks, errors;
    double tail = 0;
    for (std::size_t r = cap; r-- > 0;) {
        tail += sigma[r] * sigma[r];
        ranks.push_back(static_cast<double>(r));
        errors.push_back(std::sqrt(tail));
    }
    for (double& error : errors) error /= std::max(std::sqrt(tail), 1e-300);
    std::ranges::reverse(ranks);
    std::ranges::reverse(errors);
    m_plot->setData(
        m_plot->addSeries({tr("before training"), themeColors(this).secondary, 1.0, Qt::DashLine}),
        std::move(ranks), std::move(errors));
}

void SpectrumCard::showSigmas() {
    const ThemeColors& colors = themeColors(this);
    addBehind(m_state.selection().current());
    addEnergy(m_state.selection().current());
    std::size_t drawn = 1;
    for (std::size_t matrix : m_state.selection().matrices()) {
        if (matrix == m_state.selection().current() || drawn >= kOverlaid) continue;
        addCurve(matrix, seriesColor(colors, static_cast<qint64>(drawn++)), 1.0);
    }
    // What was trained since has other values: the start's stand in grey.
    addCurve(m_state.selection().current(),
             m_state.sizes() != nullptr ? colors.secondary : colors.accent, 1.9);
    const std::vector<double>& sigma = m_state.plan().spectrum(m_state.selection().current());
    m_plot->setYFloor(sigma[(sigma.size() - 1) * 49 / 50]);  // the last few often fall off a cliff
}

void SpectrumCard::showTitle() {
    std::set<int> layers;
    std::set<MatrixKind> kinds;
    for (std::size_t matrix : m_state.selection().matrices()) {
        const MatrixInfo& info = m_state.info(matrix);
        layers.insert(info.layer.value());
        kinds.insert(info.kind);
    }
    if (layers.empty()) return setTitle(tr("Singular values"));
    const bool range = *layers.rbegin() - *layers.begin() + 1 == static_cast<int>(layers.size());
    QStringList kindNames;
    for (MatrixKind kind : kinds) kindNames << QLatin1String(matrixKindName(kind));
    const QString which = layers.size() == 1 ? tr("layer %1").arg(*layers.begin())
                          : range ? tr("layers %1–%2").arg(*layers.begin()).arg(*layers.rbegin())
                                  : tr("%1 layers").arg(layers.size());
    const QString of = isTrained()                  ? tr("Energy of trained factors · %1, %2")
                       : m_state.sizes() != nullptr ? tr("Singular values before training · %1, %2")
                                                    : tr("Singular values · %1, %2");
    setTitle(of.arg(which, kindNames.join(QStringLiteral(" · "))));
}

void SpectrumCard::showCut() {
    if (!m_state.hasAnalysis() || m_plot->series().empty()) return;
    const std::size_t matrix = m_state.selection().current();
    const ThemeColors& colors = themeColors(this);
    const auto breakEven = static_cast<double>(m_state.info(matrix).breakEven());
    PlotAnnotations annotations;
    const auto begin = static_cast<double>(m_state.plan().deadZoneBegin(matrix));
    if (begin < breakEven && m_state.sizes() == nullptr)
        annotations.bands.push_back({begin, breakEven, tr("dead zone"), colors.bad});
    annotations.vertical.push_back({breakEven, tr("break-even %1").arg(breakEven), colors.bad});
    const std::int64_t rank = m_state.snapshot().ranks[matrix];
    if (m_reference.active()) {
        const std::int64_t behind = m_reference.ranks()[matrix];
        const QString name = fontMetrics().elidedText(m_reference.name(), Qt::ElideMiddle, 130);
        annotations.vertical.push_back(
            {behind == 0 ? fullRank() : static_cast<double>(behind),
             behind == 0 ? tr("%1 dense").arg(name) : tr("%1 · %2").arg(name).arg(behind),
             colors.secondary, Qt::DotLine, behind > 0 && (rank == 0 || behind <= rank)});
    }
    m_plot->setAnnotations(std::move(annotations));
    m_plot->setHandle(rank == 0 ? fullRank() : static_cast<double>(rank), CarveState::kMultiple);
}

QString SpectrumCard::hoverText(double x) const {
    const std::size_t matrix = m_state.selection().current();
    const MatrixInfo& info = m_state.info(matrix);
    const auto rank =
        std::clamp<std::int64_t>(std::llround(x), 1, static_cast<std::int64_t>(fullRank()));
    const double energy = m_state.energyAt(matrix, rank);
    const double parameters =
        static_cast<double>(std::min(info.parametersAt(rank), info.parameters()));
    return tr("rank %1 · energy %2\n%3 of %4 parameters\nrelative error %5")
        .arg(rank)
        .arg(energy, 0, 'f', 3)
        .arg(formatCount(parameters), formatCount(info.parameters()))
        .arg(std::sqrt(std::max(0.0, 1 - energy)), 0, 'f', 3);
}

}  // namespace skd
