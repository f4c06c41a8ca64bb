#include "carve/carve_speed.h"

#include <QCoreApplication>
#include <cmath>

namespace skd {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("CarveSpeed", text);
}

}  // namespace

void CarveSpeed::update(const CarveState& state) {
    m_timed.reset();
    m_batch = 0;
    if (!state.hasAnalysis()) return;
    const std::vector<std::int64_t> batches = state.batches();
    if (batches.empty() || batches.back() < kPrefillRows) return;
    m_batch = batches.back();
    m_timed.emplace(state.plan().shared(), Truncation::Plain);
    if (!m_timed->setTimes(state.times(), m_batch)) m_timed.reset();
}

/// Amdahl's law over the MLP's share of a measured forward pass, as the Profile page predicts: its
/// products shrink by their measured times, or by their FLOPs where no times are known.
CarveSpeed::Prediction CarveSpeed::predict(const CarveState& state) {
    Prediction result{NAN, NAN, {}};
    const double share = m_measured.mlpShare;
    if (m_timed) {
        m_timed->setRanks(state.snapshot().ranks);
        result.mlp = 1 / (1 - m_timed->price().timeRemoved);
    }
    if (share > 0) {
        const double left = m_timed ? 1 / result.mlp : 1 - state.price().mlpRemoved;
        result.factor = 1 / (1 - share + share * left);
    }
    const QString times =
        m_timed ? tr("MLP products as timed on this machine at %1 rows of input").arg(m_batch)
                : tr("MLP products shrink by their FLOPs");
    if (share > 0)
        result.basis = tr("time to first token, dense over pruned: 1 / (1 − s + s·r)\n"
                          "s = %1: the MLP's share of a forward pass, measured by “%2”\nr: %3")
                           .arg(share, 0, 'f', 3)
                           .arg(QString::fromStdString(m_measured.profile), times);
    else if (m_timed)
        result.basis = tr("%1. For the whole model, measure the MLP's share of a forward pass on "
                          "the Profile page.")
                           .arg(times);
    else
        result.basis =
            tr("Nothing was measured for this model. Profile it on the Profile page (Amdahl's law "
               "then gives the gain), and time its "
               "matrices with: sparsekd benchmark MODEL --break-even --batch 512");
    return result;
}

}  // namespace skd
