#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <deque>

#include "events/mailbox.h"

namespace skd {

/// Brings what the engine says to the window's thread: at most 30 times a second, and never for
/// longer than a slice of a frame at a time, however much has piled up.
class EventBridge : public QObject {
    Q_OBJECT
public:
    explicit EventBridge(QObject* parent = nullptr);

    /// To subscribe to a session; may outlive the bridge.
    [[nodiscard]] std::shared_ptr<EventSink> sink() const { return m_mailbox; }

    /// Calls `handler` with every event of these types, on the window's thread and as long as
    /// `context` lives. A handler is a callable or a member of `context`, with or without the
    /// event as its argument.
    template <class... Events, class Context, class Handler>
    void on(Context* context, Handler handler) const {
        (onOne<Events>(context, handler), ...);
    }

Q_SIGNALS:
    void said(const skd::Event& event);

private:
    template <class E, class Context, class Handler>
    void onOne(Context* context, Handler handler) const {
        connect(this, &EventBridge::said, context, [=](const Event& event) {
            const E* e = std::get_if<E>(&event);
            if (e == nullptr) return;
            if constexpr (std::is_invocable_v<Handler, const E&>)
                handler(*e);
            else if constexpr (std::is_invocable_v<Handler, Context*, const E&>)
                std::invoke(handler, context, *e);
            else if constexpr (std::is_invocable_v<Handler, Context*>)
                std::invoke(handler, context);
            else
                handler();
        });
    }

    static constexpr int kInterval = 33;         ///< ms between drains: 30 Hz
    static constexpr int kSlice = 8;             ///< ms of work before the event loop gets its turn
    static constexpr std::size_t kChunk = 4096;  ///< metric points of one signal

    void wake();
    void take();
    void deliver();
    void sendChunk(MetricBatch& batch);

    std::shared_ptr<Mailbox> m_mailbox;
    std::deque<Event> m_waiting;
    std::size_t m_chunkBegin = 0;  ///< of the batch in front
    bool m_boxHasMail = false;
    QTimer m_timer;
    QElapsedTimer m_sinceDrain;
};

}  // namespace skd
