#pragma once

#include "carve/carve_reference.h"
#include "carve/carve_speed.h"
#include "carve/elastic_choice.h"
#include "carve/preview_runner.h"
#include "controls/card.h"

class QPushButton;

namespace skd {

class ChoiceButton;
class Fact;
class FactList;
class TrailBar;

/// What the profile costs and is expected to do, at once; what it does, a moment later.
class PriceCard : public Card {
    Q_OBJECT
public:
    struct Sources {
        CarveState& state;
        PreviewRunner& preview;
        RunMonitor& monitor;
        CarveReference& reference;
        CarveSpeed& speed;
        ElasticChoice& elastic;
    };
    /// A height that depends on the width would have the page ask for what it likes instead of what
    /// it needs.
    [[nodiscard]] bool hasHeightForWidth() const override { return false; }
    explicit PriceCard(const Sources& sources, QWidget* parent = nullptr);
    void showPrice();

Q_SIGNALS:
    void openModelRequested();

private:
    void buildModel();
    void showModel();
    /// Over a recovered run: what is known without a measurement, and how.
    void showSize();
    void showPlace();
    void writeSize(const QString& figure, const QString& kind, const QString& detail,
                   const char* tone);
    void styleFigure(const char* tone, bool italic);
    [[nodiscard]] QString sizeDetail(const SizePerplexity& known) const;
    void buildPrice();
    void buildPreview();
    void showReference();
    void showSpeed();
    void showPreview();
    void showFigure(const PreviewReady& result, bool stale);
    void showRecorded();
    void showTrail();

    CarveState& m_state;
    PreviewRunner& m_preview;
    RunMonitor& m_monitor;
    CarveReference& m_reference;
    CarveSpeed& m_speed;
    ElasticChoice& m_elastic;
    ChoiceButton* m_model;
    QLabel *m_badge, *m_place, *m_caption;
    QLabel *m_removed, *m_behind, *m_channels, *m_removedDetail, *m_perplexity, *m_interval,
        *m_previewDetail, *m_trailText;
    QPushButton* m_open;
    FactList* m_facts;
    Fact *m_factAll, *m_factSize, *m_factFlops, *m_factTtft, *m_factKl;
    TrailBar* m_trail;
};

}  // namespace skd
