#include "carve/preview_runner.h"

#include <algorithm>
#include <utility>

#include "controls/build.h"

namespace skd {

PreviewRunner::PreviewRunner(CarveState& state, Workspace& workspace, RunMonitor& monitor,
                             QObject* parent)
    : QObject(parent), m_carve(state), m_workspace(workspace), m_monitor(monitor) {
    callAfter(m_debounce, kDebounce, this, &PreviewRunner::request);
    connect(&state, &CarveState::analysisChanged, this, &PreviewRunner::forgetOtherModels);
    connect(&state, &CarveState::planChanged, this, &PreviewRunner::onPlanChanged);
    connect(&monitor, &RunMonitor::modelOpened, this, &PreviewRunner::onPlanChanged);
    workspace.events().on<PreviewReady>(this, &PreviewRunner::onReady);
    workspace.events().on<PreviewFailed>(this, [this](const PreviewFailed& e) {
        if (e.serial != m_serial) return;
        m_state = State::Failed;
        m_problem = QString::fromStdString(e.error.message);
        Q_EMIT changed();
    });
}

/// Tries of another model mean nothing for this one.
void PreviewRunner::forgetOtherModels() {
    if (!m_carve.hasAnalysis()) return;
    // A recovered run has the analysis of the model that it was cut from.
    const std::string model =
        m_carve.plan().analysis().model.weightsSha256 +
        (m_carve.sizes() != nullptr ? std::to_string(m_carve.sizes()->run().value()) : "");
    if (model == std::exchange(m_model, model)) return;
    m_tries.clear();
    m_asked.clear();
    m_latest.reset();
    Q_EMIT changed();
}

void PreviewRunner::onPlanChanged() {
    if (canMeasure() && m_carve.hasAnalysis() && m_carve.snapshot().ranks != m_asked) {
        ++m_serial;  // an answer that is still on its way is about another profile
        m_asked.clear();
        m_state = State::Measuring;
        m_debounce.start();
    }
    Q_EMIT changed();
}

void PreviewRunner::request() {
    m_asked = m_carve.snapshot().ranks;
    m_workspace.session()->requestPreview({++m_serial, m_asked});
}

void PreviewRunner::onReady(const PreviewReady& result) {
    if (result.serial != m_serial) return;
    m_latest = result;
    m_state = State::Measured;
    remember({m_asked, result, m_carve.price().mlpRemoved, false, {}});
    Q_EMIT changed();
    Q_EMIT measured();
}

const CarveTry* PreviewRunner::measuredTry(const std::vector<std::int64_t>& ranks) const {
    const auto found = std::ranges::find_if(
        m_tries, [&](const CarveTry& t) { return !t.recorded && t.ranks == ranks; });
    return found == m_tries.end() ? nullptr : &*found;
}

void PreviewRunner::measureNow() {
    if (!m_debounce.isActive()) return;
    m_debounce.stop();
    request();
}

void PreviewRunner::remember(CarveTry entry) {
    std::erase_if(m_tries, [&](const CarveTry& t) {
        return t.recorded == entry.recorded && t.ranks == entry.ranks && t.name == entry.name;
    });
    // What was recorded is older than anything tried in this window.
    const auto place =
        entry.recorded ? std::ranges::find(m_tries, false, &CarveTry::recorded) : m_tries.end();
    m_tries.insert(place, std::move(entry));
    if (m_tries.size() > kTries) m_tries.erase(m_tries.begin());
}

void PreviewRunner::addRecorded(CarveTry recorded) {
    recorded.recorded = true;
    remember(std::move(recorded));
    Q_EMIT changed();
}

int PreviewRunner::currentTry() const {
    for (auto i = static_cast<int>(m_tries.size()) - 1; i >= 0; --i)
        if (m_tries[i].ranks == m_carve.snapshot().ranks) return i;
    return -1;
}

void PreviewRunner::goBackTo(int index) {
    if (index < 0 || index >= static_cast<int>(m_tries.size())) return;
    const CarveTry entry = m_tries[index];  // the list changes when the plan does
    m_carve.restoreRanks(entry.ranks, tr("back to an earlier try"));
}

}  // namespace skd
