#pragma once

#include "carve/preview_runner.h"

namespace skd {

/// Removes as much as a largest perplexity allows: bisection over budgets, each measured as a
/// preview, as the rule `search` of a run does on its own text. Every try is on the page while it
/// is measured; all of them are one undo step. An edit by hand ends the search.
class CarveSearch : public QObject {
    Q_OBJECT
public:
    static constexpr int kMeasurements = 8;
    static constexpr double kLargestCut = 0.95;

    CarveSearch(CarveState& state, PreviewRunner& preview, QObject* parent = nullptr);

    /// Why a search cannot start now; empty when it can.
    [[nodiscard]] QString obstacle() const;
    /// Perplexity of the model as it is, as previews give it; NaN before the first one.
    [[nodiscard]] double densePerplexity() const;
    void start(double largestPerplexity);
    /// Ends early with the largest cut that passed so far.
    void stop();
    [[nodiscard]] bool running() const { return m_running; }
    /// "search 3 of 8" while it runs, then what came out.
    [[nodiscard]] QString text() const { return m_text; }

Q_SIGNALS:
    void changed();

private:
    void next();
    void take();
    void onPlanChanged();
    void onPreviewChanged();
    void finish();
    void end(const QString& text);
    void cut(double removed);

    CarveState& m_state;
    PreviewRunner& m_preview;
    bool m_running = false, m_cutting = false;
    int m_series = 0, m_done = 0;
    double m_limit = 0, m_low = 0,
           m_high = kLargestCut;  ///< shares: the largest that passed, the smallest that did not
    double m_target = 0;
    std::vector<std::int64_t> m_ranks;  ///< of the try that is measured
    QString m_text;
};

}  // namespace skd
