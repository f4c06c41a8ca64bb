#pragma once

#include "bridge/model_names.h"
#include "controls/card.h"
#include "profile/profile_state.h"

namespace skd {

class SpeedUpChart;

/// Measured speed-up of every student beside the predicted one and the ceiling of Amdahl's law.
class SpeedUpCard : public Card {
    Q_OBJECT
public:
    SpeedUpCard(ProfileState& state, ModelNames& names, QWidget* parent = nullptr);

private:
    void draw();
    ProfileState& m_state;
    ModelNames& m_names;
    SpeedUpChart* m_chart;
};

}  // namespace skd
