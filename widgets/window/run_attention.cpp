#include "window/run_attention.h"

#include "style/format.h"

namespace skd {

RunAttention::RunAttention(Workspace& workspace, Desktop& desktop, QObject* parent)
    : QObject(parent), m_desktop(desktop) {
    EventBridge& events = workspace.events();
    events.on<RunStarted>(this, &RunAttention::begin);
    events.on<RunFinished>(this, [this](const RunFinished& e) {
        const double ppl = e.summary ? valueOrNan(e.summary->postKdPpl) : std::nan("");
        const QString reason = asText(e.reason);
        end(e.run,
            e.outcome == Outcome::Completed ? tr("%1 is complete").arg(m_name)
                                            : tr("%1 has stopped").arg(m_name),
            ppl > 0 ? tr("perplexity %1 · %2").arg(formatPerplexity(ppl), reason) : reason);
    });
    events.on<RunFailed>(this, [this](const RunFailed& e) {
        end(e.run, tr("%1 has failed").arg(m_name), asText(e.error));
    });
}

void RunAttention::setPreferences(const Preferences& preferences) {
    m_preferences = preferences;
    if (!preferences.inhibitSleep) m_desktop.allowSleep();
}

void RunAttention::begin(const RunStarted& event) {
    if (event.run == m_replayed) return;
    m_run = event.run;
    m_name = asText(event.name);
    m_since.start();
    if (m_preferences.inhibitSleep) m_desktop.stayAwake(tr("%1 is running").arg(m_name));
}

void RunAttention::end(RunId run, const QString& title, const QString& text) {
    if (run == RunId{} || run != m_run) return;
    m_run = {};
    m_desktop.allowSleep();
    if (m_preferences.notifications && m_since.elapsed() >= m_longRun)
        m_desktop.notify(title, text);
}

}  // namespace skd
