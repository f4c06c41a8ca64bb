#pragma once

#include "charts/fader_bank.h"
#include "charts/master_fader.h"
#include "models/carve_state.h"
#include "models/energy_scale.h"
#include "pages/card.h"

class QToolButton;

namespace skd {

class ChoiceButton;

/// One energy fader per layer and the master for the budget; locks, presets, undo.
class MixerCard : public Card {
    Q_OBJECT
public:
    explicit MixerCard(CarveState& state, QWidget* parent = nullptr);
    [[nodiscard]] FaderBank& faders() { return *m_faders; }
    [[nodiscard]] MasterFader& master() { return *m_master; }
    void applyPreset(CarveRule rule);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildControls();
    void connectFaders();
    void connectMaster();
    void refresh();
    void refreshScale();
    void refreshIcons();
    void grab(int fader);
    void move(int fader, double position);
    void step(int fader, int direction, bool coarse);
    void choose(int fader, bool extend);
    [[nodiscard]] CarveRule masterRule() const;
    [[nodiscard]] QString faderText(int layer) const;

    CarveState& m_state;
    FaderBank* m_faders;
    MasterFader* m_master;
    ChoiceButton* m_preset;
    QToolButton *m_undo, *m_redo;
    EnergyScale m_scale;
    std::vector<std::pair<int, double>>
        m_grabbed;  ///< layers that move together, and where they began
};

}  // namespace skd
