#pragma once

#include "bridge/model_names.h"
#include "controls/card.h"
#include "profile/profile_state.h"

namespace skd {

class TimeLine;

/// When the typical round of one model did what.
class TimeLineCard : public Card {
    Q_OBJECT
public:
    TimeLineCard(ProfileState& state, ModelNames& names, QWidget* parent = nullptr);

private:
    void draw();
    void drawSelection();
    ProfileState& m_state;
    ModelNames& m_names;
    TimeLine* m_line;
};

}  // namespace skd
