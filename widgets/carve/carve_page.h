#pragma once

#include "carve/carve_reference.h"
#include "carve/carve_search.h"
#include "carve/carve_speed.h"
#include "carve/elastic_choice.h"
#include "controls/page.h"

namespace skd {

class HeatMapCard;
class MixerCard;
class PriceCard;
class SizeAnswersCard;
class SpectrumCard;

/// Per-layer rank tuning: heat map, spectrum, faders, price.
class CarvePage : public Page {
    Q_OBJECT
public:
    explicit CarvePage(const PageContext& context, QWidget* parent = nullptr);
    ~CarvePage() override;

    [[nodiscard]] QUndoStack* undoStack() override { return &m_state.undoStack(); }
    bool copy() override;
    bool paste() override;
    void contribute(RunSpec& spec) const override;
    bool demonstrate() override;
    [[nodiscard]] bool settled() const override { return m_loaded; }
    [[nodiscard]] Json viewState() const override;
    void restoreView(const Json& state) override;
    [[nodiscard]] CarveState& state() { return m_state; }
    [[nodiscard]] PreviewRunner& preview() { return m_preview; }
    [[nodiscard]] CarveReference& reference() { return m_reference; }
    [[nodiscard]] CarveSearch& search() { return m_search; }
    [[nodiscard]] ElasticChoice& elastic() { return m_elastic; }

protected:
    void showEvent(QShowEvent* event) override;

private:
    void buildLayout();
    void setWidths();
    void connectParts();
    void loadHistory();
    void showHistory(CarveHistory history);
    void startFrom(const CarveRun* newest);
    void loadSpeed();
    void onAnalysis(const AnalysisReady& event);
    void openModel();
    void showContext(int hovered);

    PageContext m_context;
    CarveState m_state;
    PreviewRunner m_preview;
    CarveReference m_reference;
    CarveSearch m_search;
    CarveSpeed m_speed;
    ElasticChoice m_elastic;
    HeatMapCard* m_map = nullptr;
    SpectrumCard* m_spectrum = nullptr;
    PriceCard* m_price = nullptr;
    MixerCard* m_mixer = nullptr;
    SizeAnswersCard* m_answers = nullptr;  ///< in the place of the spectrum, where it is wanted
    bool m_loaded = false;
};

}  // namespace skd
