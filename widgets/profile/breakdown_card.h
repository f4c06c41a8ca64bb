#pragma once

#include "bridge/model_names.h"
#include "controls/card.h"
#include "profile/profile_state.h"

namespace skd {

class ChoiceButton;
class StackedBars;

/// Where the time goes: one bar per model, made of the parts of the decoder.
class BreakdownCard : public Card {
    Q_OBJECT
public:
    /// `emptyText` stands in its middle while no profile is shown.
    BreakdownCard(ProfileState& state, ModelNames& names, const QString& emptyText,
                  QWidget* parent = nullptr);

private:
    void draw();
    void drawSelection();
    void onPicked(int bar, int part);
    [[nodiscard]] QString remark(const ProfileReport& report) const;

    ProfileState& m_state;
    ModelNames& m_names;
    StackedBars* m_bars;
    ChoiceButton* m_grouping;
    QLabel *m_attributed, *m_remark;
};

}  // namespace skd
