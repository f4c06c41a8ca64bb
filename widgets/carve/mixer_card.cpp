#include "carve/mixer_card.h"

#include <QToolButton>

#include "carve/preset_bar.h"
#include "controls/build.h"
#include "controls/choice_button.h"
#include "style/format.h"

namespace skd {

namespace {
constexpr int kLinked = -1;
constexpr int kCompareWidth = 170;  ///< of the compared run's name, px
}  // namespace

MixerCard::MixerCard(CarveState& state, CarveReference& reference, CarveSearch& search,
                     QWidget* parent)
    : Card(tr("Energy per layer"), parent), m_state(state), m_reference(reference), m_sweep(state) {
    // In the order in which Tab goes.
    buildControls(search);
    buildHistory();
    buildSweep();
    buildBody();
    connectFaders();
    connectTiers();
    connectMaster();
    connect(&state, &CarveState::analysisChanged, this, &MixerCard::refreshScale);
    connect(&state, &CarveState::planChanged, this, &MixerCard::refresh);
    connect(&state.selection(), &SelectedMatrices::changed, this, &MixerCard::refresh);
    connect(&reference, &CarveReference::choicesChanged, this, &MixerCard::refreshCompare);
    connect(&reference, &CarveReference::changed, this, [this] {
        m_compare->setValue(static_cast<int>(m_reference.chosen()));
        refresh();
    });
    refreshCompare();
    refreshIcons();
    whenChanged(this, QEvent::PaletteChange, [this] { refreshIcons(); });
}

void MixerCard::buildBody() {
    m_tiers = named(new TierStrip(RankProfile::kTiers, this), "carve.tiers");
    m_faders = named(new FaderBank(this), "carve.faders");
    m_master = named(new MasterFader(this), "carve.master");
    m_faders->setEmptyText(
        tr("One fader per layer: open a model, or drop a folder or GGUF file onto the window."));
    m_tiers->hide();
    m_tiers->setEdges([this] {
        std::array<double, 4> edges{};
        for (std::size_t tier = 0; tier < edges.size(); ++tier) {
            int layer = 0;  // the first one of this tier, or of a later one
            while (layer < m_state.layers() && m_state.plan().tierOf(layer) < tier) ++layer;
            edges[tier] = m_faders->stripLeft(layer);
        }
        return edges;
    });
    auto* column = addAll(makeColumn(2), {m_tiers, {m_faders, 1}});
    auto* whole = makeColumn(2);
    whole->addWidget(m_presets->unit(), 0, Qt::AlignRight);
    whole->addWidget(m_play, 0, Qt::AlignHCenter);
    whole->addWidget(m_said, 0, Qt::AlignHCenter);
    whole->addWidget(m_master, 1, Qt::AlignHCenter);
    body()->addLayout(addAll(makeRow(6), {{column, 1}, whole}), 1);
    setTabOrder(m_faders, m_presets->unit());
    setTabOrder(m_presets->unit(), m_master);
}

void MixerCard::buildControls(CarveSearch& search) {
    m_matrices = new ChoiceButton("carve.faders.matrices", tr("Matrices that a fader moves"), {},
                                  {{tr("linked"), {}, kLinked}}, this);
    m_matrices->setToolTip(tr(
        "linked: a fader moves all matrices of its layer; otherwise only the one that is named"));
    addLeftControl(m_matrices);
    connect(m_matrices, &ChoiceButton::chosen, this, &MixerCard::refreshKind);
    m_presets = new PresetBar(m_state, search, this);
    addLeftControl(m_presets);
    m_compare = new ChoiceButton("carve.compare", tr("Compare with a stored run"), tr("compare: "),
                                 {{tr("none"), {}, 0}}, this);
    m_compare->setMaximumText(kCompareWidth);
    addControl(m_compare);
    connect(m_compare, &ChoiceButton::chosen, this, [this](int run) { m_reference.choose(run); });
}

void MixerCard::buildHistory() {
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

/// From the largest size to the smallest, for an audience.
void MixerCard::buildSweep() {
    m_play =
        makeTool({}, "carve.sweep", "flat",
                 tr("moves through all sizes by itself and rests where they were measured"), this);
    m_said = makeTool(tr("answers"), "carve.answers", "flat",
                      tr("what the measured sizes answered when the run ended, in the place of the "
                         "spectrum"),
                      this);
    m_said->setCheckable(true);
    m_said->hide();
    connect(m_said, &QToolButton::toggled, this, &MixerCard::answersWanted);
    const auto show = [this] {
        m_play->setText(m_sweep.running() ? tr("stop") : tr("sweep"));
        if (m_sweep.running() && !m_said->isHidden()) m_said->setChecked(true);
    };
    connect(m_play, &QToolButton::clicked, this,
            [this] { m_sweep.running() ? m_sweep.stop() : m_sweep.start(); });
    connect(&m_sweep, &SizeSweep::changed, this, show);
    show();
    m_play->hide();
}

void MixerCard::offerAnswers(bool any) {
    m_said->setVisible(any);
    if (!any) m_said->setChecked(false);
}

void MixerCard::connectTiers() {
    connect(m_tiers, &TierStrip::pressed, this, [this] { m_state.beginEdit(tr("tiers")); });
    connect(m_tiers, &TierStrip::released, this, [this] { m_state.endEdit(); });
    connect(m_tiers, &TierStrip::moved, this, [this](int tier, double factor) {
        std::array<double, 3> tiers = m_state.snapshot().tiers();
        tiers[tier] = factor;
        m_state.setTiers(tiers);
    });
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
        if (m_state.sizes() != nullptr)
            m_state.setShares({{fader, value}}, m_kind);
        else
            m_state.setLayerEnergies({{fader, value}}, m_kind);
    });
    connect(m_faders, &FaderBank::lockToggled, &m_state, &CarveState::toggleLock);
}

void MixerCard::connectMaster() {
    connect(m_master, &MasterFader::pressed, this, [this] { m_state.beginEdit(tr("budget")); });
    connect(m_master, &MasterFader::released, this, [this] { m_state.endEdit(); });
    connect(m_master, &MasterFader::moved, this, [this](double removed) {
        if (m_state.sizes() != nullptr)
            m_state.moveAlongPath(removed);
        else
            m_state.solve(m_presets->masterPreset(), removed);
    });
}

void MixerCard::grab(int fader) {
    m_grabbed.clear();
    const bool together = m_state.layerSelected(fader);
    for (int layer = 0; layer < m_state.layers(); ++layer)
        if (layer == fader || (together && m_state.layerSelected(layer)))
            m_grabbed.emplace_back(layer, position(layer));
}

void MixerCard::move(int fader, double position) {
    if (!m_state.hasAnalysis()) return;
    const bool keyboard = m_grabbed.empty();
    if (keyboard) grab(fader);
    double delta = 0;
    for (const auto& [layer, start] : m_grabbed)
        if (layer == fader) delta = position - start;
    std::vector<std::pair<int, double>> positions;
    for (const auto& [layer, start] : m_grabbed)
        positions.emplace_back(layer, std::clamp(start + delta, 0.0, 1.0));
    setPositions(positions);
    if (keyboard) m_grabbed.clear();
}

void MixerCard::setPositions(const std::vector<std::pair<int, double>>& positions) {
    if (m_state.sizes() != nullptr) return m_state.setShares(positions, m_kind);
    std::vector<std::pair<int, double>> energies;
    for (const auto& [layer, position] : positions)
        energies.emplace_back(layer, m_scale.energy(position));
    m_state.setLayerEnergies(energies, m_kind);
}

double MixerCard::position(int layer) const {
    return m_state.sizes() != nullptr ? m_state.faderShare(layer, m_kind, m_state.snapshot().ranks)
                                      : m_scale.position(energy(layer));
}

double MixerCard::positionBehind(int layer) const {
    return m_state.sizes() != nullptr ? m_state.faderShare(layer, m_kind, m_reference.ranks())
                                      : m_scale.position(m_reference.energy(layer, m_kind));
}

bool MixerCard::changesRanks(int layer, double position) const {
    const ElasticSizes* sizes = m_state.sizes();
    for (std::size_t i : m_state.layerMatrices(layer)) {
        if (m_kind && m_state.info(i).kind != *m_kind) continue;
        const std::int64_t rank = sizes != nullptr
                                      ? sizes->rankAt(i, position)
                                      : m_state.plan().rankForEnergy(i, m_scale.energy(position));
        if (rank != m_state.snapshot().ranks[i]) return true;
    }
    return false;
}

/// To the next position at which some rank of the layer changes.
void MixerCard::step(int fader, int direction, bool coarse) {
    if (!m_state.hasAnalysis() || m_state.locked(fader)) return;
    const double from = position(fader);
    double to = from;
    for (int i = coarse ? 10 : 1; i <= 100; ++i) {
        to = std::clamp(from + direction * 0.01 * i, 0.0, 1.0);
        if (to <= 0 || to >= 1 || changesRanks(fader, to)) break;
    }
    move(fader, to);
}

void MixerCard::choose(int fader, bool extend) {
    if (!m_state.hasAnalysis()) return;
    std::vector<std::size_t> matrices =
        extend ? m_state.selection().matrices() : std::vector<std::size_t>{};
    const MatrixKind kind = m_kind.value_or(m_state.info(m_state.selection().current()).kind);
    const std::size_t current =
        m_state.matrixOf(fader, kind).value_or(m_state.layerMatrices(fader).front());
    matrices.push_back(current);
    m_state.selection().select(std::move(matrices), current);
}

QString MixerCard::faderText(int layer) const {
    QStringList ranks;
    for (std::size_t i : m_state.layerMatrices(layer)) {
        const std::int64_t rank = m_state.snapshot().ranks[i];
        ranks << QStringLiteral("%1 %2").arg(QLatin1String(matrixKindName(m_state.info(i).kind)),
                                             rank == 0 ? tr("dense") : QString::number(rank));
    }
    const QString whose =
        m_kind ? tr(" of %1").arg(QLatin1String(matrixKindName(*m_kind))) : QString();
    QString text = tr("layer %1 · energy%2 %3%4\n%5")
                       .arg(layer)
                       .arg(whose)
                       .arg(energy(layer), 0, 'f', 4)
                       .arg(m_state.locked(layer) ? tr(" · locked") : QString(),
                            ranks.join(QStringLiteral(" · ")));
    if (m_reference.active())
        text += tr("\n%1: energy %2")
                    .arg(m_reference.name())
                    .arg(m_reference.energy(layer, m_kind), 0, 'f', 4);
    return text;
}

void MixerCard::refreshScale() {
    m_scale = EnergyScale(m_state);
    refreshKinds();
    refreshMode();
    refreshKind();
}

/// Over a recovered run faders move ranks that were trained, and no rule chooses any.
void MixerCard::refreshMode() {
    const bool recovered = m_state.sizes() != nullptr;
    setTitle(recovered ? tr("Rank per layer") : tr("Energy per layer"),
             recovered ? tr("of the ranks that the run trained: the least below, the largest above")
                       : QString());
    m_presets->setVisible(!recovered);
    m_presets->unit()->setVisible(!recovered);
    m_play->setVisible(recovered);
    if (recovered)
        m_faders->setTicks({{1, tr("largest")}, {0, tr("least")}});
    else
        m_faders->setTicks(m_scale.ticks(std::clamp(m_faders->height() / 34, 3, 7)));
}

void MixerCard::refresh() {
    if (!m_state.hasAnalysis()) return;
    std::vector<FaderBank::Fader> faders;
    for (int layer = 0; layer < m_state.layers(); ++layer) {
        FaderBank::Fader fader{position(layer),
                               m_state.locked(layer),
                               m_state.layerSelected(layer),
                               {},
                               faderText(layer)};
        if (m_reference.active()) fader.behind = positionBehind(layer);
        faders.push_back(std::move(fader));
    }
    m_faders->setFaders(std::move(faders));
    m_tiers->setFactors(m_state.snapshot().tiers());
    m_tiers->setVisible(m_state.snapshot().preset() == RankPreset::Tiers);
    refreshMaster();
}

void MixerCard::refreshMaster() {
    if (const ElasticSizes* sizes = m_state.sizes()) {
        m_master->setMeaning(tr("Master fader: size along the path"),
                             tr("Drag, or type: share of MLP parameters removed, from %1 to %2.\n"
                                "All layers follow the path that the run was trained on.")
                                 .arg(formatPercent(sizes->path().largest(), 0),
                                      formatPercent(sizes->path().smallest(), 0)));
        return m_master->setValue(m_state.removed(), formatPercent(m_state.removed()));
    }
    const bool byTime = m_state.snapshot().timeBatch() > 0;
    m_master->setMeaning(
        byTime ? tr("Master fader: time of the MLP's products to remove")
               : tr("Master fader: MLP parameters to remove"),
        tr("Drag, or type: share of %1 to remove.\nThe preset decides where; locked layers stay.")
            .arg(byTime ? tr("the MLP's measured time") : tr("MLP parameters")));
    m_master->setValue(m_state.removed(), formatPercent(m_state.removed()));
}

/// What faders can move apart follows from the matrices that the model has.
void MixerCard::refreshKinds() {
    std::vector<ChoiceButton::Choice> choices{
        {tr("linked"), tr("all matrices of a layer together"), kLinked}};
    for (MatrixKind kind : m_state.kinds())
        choices.push_back({QLatin1String(matrixKindName(kind)),
                           tr("only this matrix of each layer; the others keep their ranks"),
                           kind});
    m_matrices->setChoices(std::move(choices));
}

void MixerCard::refreshKind() {
    const int kind = m_matrices->value();
    m_kind = kind == kLinked ? std::nullopt : std::optional(static_cast<MatrixKind>(kind));
    refresh();
}

void MixerCard::refreshCompare() {
    std::vector<ChoiceButton::Choice> choices{{tr("none"), tr("only the profile on the page"), 0}};
    for (const CarveReference::Choice& choice : m_reference.choices())
        choices.push_back(
            {m_compare->fontMetrics().elidedText(choice.name, Qt::ElideMiddle, 2 * kCompareWidth),
             choice.name, static_cast<int>(choice.id)});
    m_compare->setChoices(std::move(choices));
    m_compare->setValue(static_cast<int>(m_reference.chosen()));
    m_compare->setToolTip(tr(
        "Draws the ranks of a stored run of this model with the ones on the page:\n◇ beside the "
        "faders, ▲ ▼ in cells that keep more or less than it did, a dotted cut in the spectrum"));
}

void MixerCard::refreshIcons() {
    const ThemeColors& colors = themeColors(this);
    m_undo->setIcon(themedIcon(QStringLiteral("undo"), colors.secondary));
    m_redo->setIcon(themedIcon(QStringLiteral("redo"), colors.secondary));
}

void MixerCard::resizeEvent(QResizeEvent* event) {
    Card::resizeEvent(event);
    if (m_state.hasAnalysis()) refreshMode();
}

}  // namespace skd
