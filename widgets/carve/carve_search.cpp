#include "carve/carve_search.h"

#include <cmath>

#include "style/format.h"

namespace skd {

CarveSearch::CarveSearch(CarveState& state, PreviewRunner& preview, QObject* parent)
    : QObject(parent), m_state(state), m_preview(preview) {
    connect(&state, &CarveState::planChanged, this, &CarveSearch::onPlanChanged);
    connect(&preview, &PreviewRunner::changed, this, &CarveSearch::onPreviewChanged);
    connect(&preview, &PreviewRunner::measured, this, [this] {
        if (m_running && m_state.snapshot().ranks == m_ranks) take();
    });
}

QString CarveSearch::obstacle() const {
    if (m_running) return tr("a search is running");
    if (m_preview.state() == PreviewRunner::State::NoModel)
        return tr("open the model first: every try is measured");
    if (!m_preview.latest()) return tr("wait for the first preview: it measures the dense model");
    return {};
}

double CarveSearch::densePerplexity() const {
    return m_preview.latest() ? m_preview.latest()->densePerplexity : NAN;
}

void CarveSearch::start(double largestPerplexity) {
    if (!obstacle().isEmpty()) return;
    m_running = true;
    m_limit = largestPerplexity;
    m_low = 0, m_high = kLargestCut;
    m_done = 0;
    ++m_series;
    next();
}

/// Puts a budget on the page; not an edit by hand.
void CarveSearch::cut(double removed) {
    const bool relative = m_state.snapshot().preset() == RankPreset::Relative;
    m_cutting = true;
    m_target = removed;
    m_state.beginEdit(tr("search"), m_series);
    m_state.solve(relative ? RankPreset::Relative : RankPreset::Budget, removed);
    m_state.endEdit();
    m_ranks = m_state.snapshot().ranks;
    m_cutting = false;
}

void CarveSearch::next() {
    m_text = tr("search %1 of %2").arg(m_done + 1).arg(kMeasurements);
    cut((m_low + m_high) / 2);
    Q_EMIT changed();
    if (m_preview.measuredTry(m_ranks) != nullptr)
        QMetaObject::invokeMethod(
            this,
            [this, series = m_series] {
                if (m_running && series == m_series) take();
            },
            Qt::QueuedConnection);
    else
        m_preview.measureNow();
}

void CarveSearch::take() {
    const CarveTry* entry = m_preview.measuredTry(m_ranks);
    if (entry == nullptr) return;
    (entry->result.perplexity <= m_limit ? m_low : m_high) = m_target;
    if (++m_done < kMeasurements)
        next();
    else
        finish();
}

void CarveSearch::finish() {
    if (m_target != m_low) cut(m_low);
    end(m_low > 0 ? tr("search: %1 within PPL %2")
                        .arg(formatPercent(m_state.removed()), formatPerplexity(m_limit))
                  : tr("search: no cut stays within PPL %1").arg(formatPerplexity(m_limit)));
}

void CarveSearch::stop() {
    if (!m_running) return;
    if (m_low > 0 && m_target != m_low) cut(m_low);
    end(tr("search stopped"));
}

void CarveSearch::end(const QString& text) {
    m_running = false;
    m_text = text;
    Q_EMIT changed();
}

void CarveSearch::onPlanChanged() {
    if (m_cutting) return;
    if (m_running && m_state.snapshot().ranks != m_ranks) return end(tr("search ended by an edit"));
    if (m_running || m_text.isEmpty() || m_state.snapshot().ranks == m_ranks) return;
    m_text.clear();  // what came out is no longer on the page
    Q_EMIT changed();
}

void CarveSearch::onPreviewChanged() {
    if (m_running && m_preview.state() == PreviewRunner::State::Failed)
        return end(tr("search failed: %1").arg(m_preview.problem()));
    if (!m_running && !m_cutting) Q_EMIT changed();  // whether one could start may be different now
}

}  // namespace skd
