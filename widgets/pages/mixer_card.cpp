#include "pages/mixer_card.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include "delegates/format.h"
#include "pages/choice_button.h"
#include "theme.h"

namespace skd {

MixerCard::MixerCard(CarveState& state, QWidget* parent)
    : Card(tr("Energy per layer"), parent),
      m_state(state),
      m_faders(new FaderBank(this)),
      m_master(new MasterFader(this)) {
    buildControls();
    m_faders->setObjectName(QStringLiteral("carve.faders"));
    m_master->setObjectName(QStringLiteral("carve.master"));
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    row->addWidget(m_faders, 1);
    row->addWidget(m_master);
    body()->addLayout(row, 1);
    connectFaders();
    connectMaster();
    connect(&state, &CarveState::analysisChanged, this, &MixerCard::refreshScale);
    connect(&state, &CarveState::planChanged, this, &MixerCard::refresh);
    connect(&state, &CarveState::selectionChanged, this, &MixerCard::refresh);
    refreshIcons();
}

void MixerCard::buildControls() {
    addLeftControl(makeLabel(tr("gate · up · down linked"), static_cast<int>(TextRole::Small),
                             "secondary", this));
    m_preset = new ChoiceButton(
        tr("Preset"), tr("preset: "),
        {{tr("load path"), tr("fewest expected nats under the budget, by measured weights"),
          static_cast<int>(CarveRule::Budget)},
         {tr("uniform"), tr("the same share of every matrix"),
          static_cast<int>(CarveRule::Uniform)},
         {tr("energy threshold"), tr("the same kept energy everywhere, at the same price"),
          static_cast<int>(CarveRule::Energy)},
         {tr("dense"), tr("nothing removed"), static_cast<int>(CarveRule::Dense)},
         {tr("by hand"), tr("what the faders say"), static_cast<int>(CarveRule::Hand)}},
        this);
    m_preset->setChoiceEnabled(static_cast<int>(CarveRule::Hand), false);
    m_preset->setObjectName(QStringLiteral("carve.preset"));
    addLeftControl(m_preset);
    connect(m_preset, &ChoiceButton::chosen, this,
            [this](int rule) { applyPreset(static_cast<CarveRule>(rule)); });
    QUndoStack& stack = m_state.undoStack();
    for (auto [button, name, enabled] : {std::tuple{&m_undo, tr("Undo"), stack.canUndo()},
                                         std::tuple{&m_redo, tr("Redo"), stack.canRedo()}}) {
        *button = new QToolButton(this);
        (*button)->setProperty("quiet", true);
        (*button)->setAccessibleName(name);
        (*button)->setToolTip(name);
        (*button)->setEnabled(enabled);
        addControl(*button);
    }
    connect(m_undo, &QToolButton::clicked, &stack, &QUndoStack::undo);
    connect(m_redo, &QToolButton::clicked, &stack, &QUndoStack::redo);
    connect(&stack, &QUndoStack::canUndoChanged, m_undo, &QToolButton::setEnabled);
    connect(&stack, &QUndoStack::canRedoChanged, m_redo, &QToolButton::setEnabled);
    connect(&stack, &QUndoStack::undoTextChanged, m_undo,
            [this](const QString& text) { m_undo->setToolTip(tr("Undo %1").arg(text)); });
}

void MixerCard::connectFaders() {
    connect(m_faders, &FaderBank::pressed, this, [this](int fader) {
        m_state.beginEdit(tr("layer %1").arg(fader));
        grab(fader);
    });
    connect(m_faders, &FaderBank::released, this, [this] {
        m_grabbed.clear();
        m_state.endEdit();
    });
    connect(m_faders, &FaderBank::moved, this, &MixerCard::move);
    connect(m_faders, &FaderBank::stepped, this, &MixerCard::step);
    connect(m_faders, &FaderBank::chosen, this, &MixerCard::choose);
    connect(m_faders, &FaderBank::typed, this, [this](int fader, double value) {
        m_state.setLayerEnergies({{fader, value}});
    });
    connect(m_faders, &FaderBank::lockToggled, &m_state, &CarveState::toggleLock);
}

void MixerCard::connectMaster() {
    connect(m_master, &MasterFader::pressed, this, [this] { m_state.beginEdit(tr("budget")); });
    connect(m_master, &MasterFader::released, this, [this] { m_state.endEdit(); });
    connect(m_master, &MasterFader::moved, this,
            [this](double removed) { m_state.solve(masterRule(), removed); });
}

/// The master distributes as the preset says; from "dense" or "by hand" it goes back to the load
/// path.
CarveRule MixerCard::masterRule() const {
    const CarveRule rule = m_state.snapshot().rule;
    return rule == CarveRule::Uniform || rule == CarveRule::Energy ? rule : CarveRule::Budget;
}

void MixerCard::applyPreset(CarveRule rule) {
    if (!m_state.hasAnalysis()) return;
    const double removed = m_state.price().mlpRemoved;
    m_state.solve(rule, removed > 0.001 ? removed : 0.15);
}

void MixerCard::grab(int fader) {
    m_grabbed.clear();
    const bool together = m_state.layerSelected(fader);
    for (int layer = 0; layer < m_state.layers(); ++layer)
        if (layer == fader || (together && m_state.layerSelected(layer)))
            m_grabbed.emplace_back(layer, m_scale.position(m_state.layerEnergy(layer)));
}

void MixerCard::move(int fader, double position) {
    if (!m_state.hasAnalysis()) return;
    const bool keyboard = m_grabbed.empty();
    if (keyboard) grab(fader);
    double delta = 0;
    for (const auto& [layer, start] : m_grabbed)
        if (layer == fader) delta = position - start;
    std::vector<std::pair<int, double>> energies;
    for (const auto& [layer, start] : m_grabbed)
        energies.emplace_back(layer, m_scale.energy(std::clamp(start + delta, 0.0, 1.0)));
    m_state.setLayerEnergies(energies);
    if (keyboard) m_grabbed.clear();
}

/// To the next position at which some rank of the layer changes.
void MixerCard::step(int fader, int direction, bool coarse) {
    if (!m_state.hasAnalysis() || m_state.locked(fader)) return;
    const double from = m_scale.position(m_state.layerEnergy(fader));
    const auto changes = [&](double position) {
        for (std::size_t i : m_state.layerMatrices(fader))
            if (m_state.plan().rankForEnergy(i, m_scale.energy(position)) !=
                m_state.snapshot().ranks[i])
                return true;
        return false;
    };
    double to = from;
    for (int i = coarse ? 10 : 1; i <= 100; ++i) {
        to = std::clamp(from + direction * 0.01 * i, 0.0, 1.0);
        if (to <= 0 || to >= 1 || changes(to)) break;
    }
    move(fader, to);
}

void MixerCard::choose(int fader, bool extend) {
    if (!m_state.hasAnalysis()) return;
    std::vector<std::size_t> matrices = extend ? m_state.selection() : std::vector<std::size_t>{};
    const MatrixKind kind = m_state.plan().analysis().matrices[m_state.currentMatrix()].info.kind;
    std::size_t current = m_state.layerMatrices(fader).front();
    for (std::size_t i : m_state.layerMatrices(fader))
        if (m_state.plan().analysis().matrices[i].info.kind == kind) current = i;
    matrices.push_back(current);
    m_state.select(std::move(matrices), current);
}

QString MixerCard::faderText(int layer) const {
    QStringList ranks;
    for (std::size_t i : m_state.layerMatrices(layer)) {
        const std::int64_t rank = m_state.snapshot().ranks[i];
        ranks << QStringLiteral("%1 %2").arg(
            QLatin1String(matrixKindName(m_state.plan().analysis().matrices[i].info.kind)),
            rank == 0 ? tr("dense") : QString::number(rank));
    }
    return tr("layer %1 · energy %2%3\n%4")
        .arg(layer)
        .arg(m_state.layerEnergy(layer), 0, 'f', 4)
        .arg(m_state.locked(layer) ? tr(" · locked") : QString(),
             ranks.join(QStringLiteral(" · ")));
}

void MixerCard::refreshScale() {
    m_scale = EnergyScale(m_state);
    m_faders->setTicks(m_scale.ticks(std::clamp(m_faders->height() / 34, 3, 7)));
    refresh();
}

void MixerCard::refresh() {
    if (!m_state.hasAnalysis()) return;
    std::vector<FaderBank::Fader> faders;
    for (int layer = 0; layer < m_state.layers(); ++layer) {
        faders.push_back({m_scale.position(m_state.layerEnergy(layer)), m_state.locked(layer),
                          m_state.layerSelected(layer), faderText(layer)});
    }
    m_faders->setFaders(std::move(faders));
    m_master->setValue(m_state.price().mlpRemoved, formatPercent(m_state.price().mlpRemoved));
    m_preset->setValue(static_cast<int>(m_state.snapshot().rule));
}

void MixerCard::refreshIcons() {
    const ThemeColors& colors = themeColors(this);
    m_undo->setIcon(themedIcon(QStringLiteral("undo"), colors.secondary));
    m_redo->setIcon(themedIcon(QStringLiteral("redo"), colors.secondary));
}

void MixerCard::changeEvent(QEvent* event) {
    Card::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) refreshIcons();
}

void MixerCard::resizeEvent(QResizeEvent* event) {
    Card::resizeEvent(event);
    if (m_state.hasAnalysis())
        m_faders->setTicks(m_scale.ticks(std::clamp(m_faders->height() / 34, 3, 7)));
}

}  // namespace skd
