#pragma once

#include "carve/carve_reference.h"
#include "carve/carve_search.h"
#include "carve/energy_scale.h"
#include "carve/fader_bank.h"
#include "carve/master_fader.h"
#include "carve/size_sweep.h"
#include "carve/tier_strip.h"
#include "controls/card.h"

class QToolButton;

namespace skd {

class ChoiceButton;
class PresetBar;

/// One energy fader per layer and the master for the budget; locks, presets, tiers, the run that is
/// compared with, undo.
class MixerCard : public Card {
    Q_OBJECT
public:
    MixerCard(CarveState& state, CarveReference& reference, CarveSearch& search,
              QWidget* parent = nullptr);
    [[nodiscard]] SizeSweep& sweep() { return m_sweep; }
    /// Whether the page is over sizes that have answered prompts.
    void offerAnswers(bool any);

Q_SIGNALS:
    /// The user wants to see recorded answers, or no longer; a sweep wants them.
    void answersWanted(bool wanted);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildControls(CarveSearch& search);
    void buildHistory();
    void buildBody();
    void connectTiers();
    void connectFaders();
    void connectMaster();
    void refresh();
    void refreshScale();
    void refreshKinds();
    void refreshKind();
    void refreshCompare();
    void refreshMaster();
    void refreshIcons();
    void grab(int fader);
    void move(int fader, double position);
    void step(int fader, int direction, bool coarse);
    void choose(int fader, bool extend);
    void setPositions(const std::vector<std::pair<int, double>>& positions);
    void buildSweep();
    void refreshMode();
    /// Where a layer's fader stands: its energy on the scale, or its share of the trained ranks.
    [[nodiscard]] double position(int layer) const;
    [[nodiscard]] double positionBehind(int layer) const;
    [[nodiscard]] bool changesRanks(int layer, double position) const;
    [[nodiscard]] double energy(int layer) const { return m_state.faderEnergy(layer, m_kind); }
    [[nodiscard]] QString faderText(int layer) const;

    CarveState& m_state;
    CarveReference& m_reference;
    FaderBank* m_faders;
    MasterFader* m_master;
    TierStrip* m_tiers;
    PresetBar* m_presets;
    ChoiceButton *m_matrices, *m_compare;
    std::optional<MatrixKind> m_kind;  ///< that the faders move; none = all of a layer
    QToolButton *m_undo, *m_redo, *m_play, *m_said;
    SizeSweep m_sweep;
    EnergyScale m_scale;
    std::vector<std::pair<int, double>>
        m_grabbed;  ///< layers that move together, and where they began
};

}  // namespace skd
