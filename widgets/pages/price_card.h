#pragma once

#include "models/carve_state.h"
#include "models/preview_runner.h"
#include "pages/card.h"

class QPushButton;

namespace skd {

class FactList;
class TrailBar;

/// What the profile costs and is expected to do, at once; what it does, a moment later.
class PriceCard : public Card {
    Q_OBJECT
public:
    PriceCard(CarveState& state, PreviewRunner& preview, RunMonitor& monitor,
              QWidget* parent = nullptr);

Q_SIGNALS:
    void openModelRequested();

private:
    void buildPrice();
    void buildPreview();
    void showPrice();
    void showPreview();
    void showFigure(const PreviewReady& result, bool stale);
    void showRecorded();
    void showTrail();
    [[nodiscard]] QString ruleText() const;

    CarveState& m_state;
    PreviewRunner& m_preview;
    RunMonitor& m_monitor;
    QLabel *m_removed, *m_removedDetail, *m_perplexity, *m_interval, *m_previewDetail, *m_trailText;
    QPushButton* m_open;
    FactList* m_facts;
    TrailBar* m_trail;
};

}  // namespace skd
