#pragma once

#include "recover/perplexity_card.h"

namespace skd {

/// Four small charts of the current run: cross-entropy, KL, learning rate, gradient norm.
class LossCard : public QFrame {
    Q_OBJECT
public:
    explicit LossCard(QWidget* parent = nullptr);
    void show(const ShownRun& run);
    /// There is no run to show.
    void clear();

private:
    void addChart(const char* metric, const QString& title, const QString& tip, int color);
    std::vector<PlotView*> m_plots;
    std::vector<std::pair<std::string, int>> m_metrics;  ///< name and colour
    RunId m_drawn;
    QColor m_lastColor;
};

}  // namespace skd
