#pragma once

#include <QWidget>

#include "carve/carve_search.h"
#include "controls/choice_button.h"

class QLabel;

namespace skd {

class NumberLine;

/// Where ranks come from: presets, the threshold of the energy rule, what budgets are a share of,
/// and the search for the largest cut within a perplexity.
class PresetBar : public QWidget {
    Q_OBJECT
public:
    PresetBar(CarveState& state, CarveSearch& search, QWidget* parent = nullptr);
    /// Distributes what is removed now in another way.
    void apply(RankPreset preset);
    /// What a budget is a share of: a control that stands beside the master, not in the bar.
    [[nodiscard]] QWidget* unit() const { return m_unit; }
    /// How the master distributes: as the preset says; from "dense" or "by hand" by weights.
    [[nodiscard]] RankPreset masterPreset() const;

private:
    static constexpr int kSearch = 100;  ///< the menu's entry that is no rule
    void buildPresets();
    void buildThreshold();
    void buildUnit();
    void buildSearch();
    void choose(int value);
    void askForLimit();
    void refresh();
    void refreshUnits();
    void refreshSearch();

    CarveState& m_state;
    CarveSearch& m_search;
    ChoiceButton *m_preset, *m_unit;
    QWidget* m_thresholdBox;
    NumberLine* m_threshold;
    QLabel* m_progress;
    QToolButton* m_stop;
};

}  // namespace skd
