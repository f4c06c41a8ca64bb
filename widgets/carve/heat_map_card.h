#pragma once

#include "carve/carve_reference.h"
#include "carve/energy_scale.h"
#include "charts/views/color_scale.h"
#include "charts/views/heat_map.h"
#include "controls/card.h"

namespace skd {

class ChoiceButton;

/// Layers x {gate, up, down}, coloured by what the title row says.
class HeatMapCard : public Card {
    Q_OBJECT
public:
    enum class Coloring { Energy, BreakEven, Sensitivity, Measured };

    HeatMapCard(CarveState& state, CarveReference& reference, QWidget* parent = nullptr);
    [[nodiscard]] HeatMap& map() { return *m_map; }
    /// One sentence about a matrix: shape, rank, break-even, dead zone.
    [[nodiscard]] static QString describe(const CarveState& state, std::size_t matrix);

Q_SIGNALS:
    void hovered(int matrix);
    void entered();  ///< on to what is done with the selection

private:
    void buildControls();
    void connectMap();
    void refresh();
    void showSelection();
    [[nodiscard]] Coloring coloring() const;
    [[nodiscard]] double rawLevel(std::size_t matrix) const;
    [[nodiscard]] HeatMap::Cell cellOf(std::size_t matrix) const;
    void findLowest();
    void showEnds(std::vector<HeatMap::Cell>& cells);
    void showLogarithmic(std::vector<HeatMap::Cell>& cells);
    [[nodiscard]] QString tip(std::size_t cell) const;

    CarveState& m_state;
    CarveReference& m_reference;
    ChoiceButton* m_choice;
    HeatMap* m_map;
    ColorBar* m_bar;
    EnergyScale m_scale;
    double m_lowest = 0;              ///< fader position that has the darkest colour
    std::vector<int> m_matrixOfCell;  ///< -1 where a layer lacks the matrix
    std::vector<std::size_t> m_cellOfMatrix;
};

}  // namespace skd
