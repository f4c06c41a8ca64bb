#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <deque>
#include <memory>

#include "events/event.h"
#include "events/mailbox.h"

namespace skd {

/// Turns what the engine says into Qt signals on the window's thread: at most 30 times a second,
/// and never for longer than a slice of a frame at a time, however much has piled up.
class EventBridge : public QObject {
    Q_OBJECT
public:
    explicit EventBridge(QObject* parent = nullptr);
    ~EventBridge() override;

    /// To subscribe to a session; may outlive the bridge.
    [[nodiscard]] std::shared_ptr<EventSink> sink() const;

Q_SIGNALS:
    void runStarted(const skd::RunStarted& event);
    void stageStarted(const skd::StageStarted& event);
    void progress(const skd::Progress& event);
    void metrics(const skd::MetricBatch& event);
    void stageFinished(const skd::StageFinished& event);
    void analysisReady(const skd::AnalysisReady& event);
    void ranksChosen(const skd::RanksChosen& event);
    void checkpointSaved(const skd::CheckpointSaved& event);
    void runPaused(const skd::RunPaused& event);
    void logLine(const skd::LogLine& event);
    void runFinished(const skd::RunFinished& event);
    void runFailed(const skd::RunFailed& event);
    void queueChanged(const skd::QueueChanged& event);
    void previewReady(const skd::PreviewReady& event);
    void previewFailed(const skd::PreviewFailed& event);
    void tokensGenerated(const skd::TokensGenerated& event);
    void taskStarted(const skd::TaskStarted& event);
    void taskProgress(const skd::TaskProgress& event);
    void taskFinished(const skd::TaskFinished& event);
    void taskFailed(const skd::TaskFailed& event);

private:
    static constexpr int kInterval = 33;         ///< ms between drains: 30 Hz
    static constexpr int kSlice = 8;             ///< ms of work before the event loop gets its turn
    static constexpr std::size_t kChunk = 4096;  ///< metric points of one signal

    void wake();
    void take();
    void deliver();
    void sendChunk(MetricBatch& batch);
    void send(const Event& event);

    std::shared_ptr<Mailbox> m_mailbox;
    std::deque<Event> m_waiting;
    std::size_t m_chunkBegin = 0;  ///< of the batch in front
    bool m_boxHasMail = false;
    QTimer m_timer;
    QElapsedTimer m_sinceDrain;
};

}  // namespace skd
