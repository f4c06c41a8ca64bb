#pragma once

#include "bridge/model_names.h"
#include "controls/card.h"
#include "profile/profile_state.h"

/// Cards that follow what a ProfileState shows, and what is selected of it.
namespace skd {

/// One model's time by part and operator, as a table.
Card* makeModuleTableCard(ProfileState& state, ModelNames& names, QWidget* parent);
/// Measured speed-up of every student beside the predicted one and the ceiling of Amdahl's law.
Card* makeSpeedUpCard(ProfileState& state, ModelNames& names, QWidget* parent);
/// When the typical round of one model did what.
Card* makeTimeLineCard(ProfileState& state, ModelNames& names, QWidget* parent);

}  // namespace skd
