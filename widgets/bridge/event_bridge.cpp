#include "bridge/event_bridge.h"

#include <QMetaObject>
#include <mutex>

namespace skd {

namespace {

/// Lets the engine's thread wake a bridge that may be gone by then.
struct Wake {
    std::mutex mutex;
    QObject* bridge = nullptr;
    std::function<void()> call;
};

}  // namespace

EventBridge::EventBridge(QObject* parent) : QObject(parent) {
    auto guard = std::make_shared<Wake>();
    guard->bridge = this;
    guard->call = [this] { wake(); };
    connect(this, &QObject::destroyed, [guard] {
        const std::lock_guard lock(guard->mutex);
        guard->bridge = nullptr;
    });
    m_mailbox = std::make_shared<Mailbox>([guard] {
        const std::lock_guard lock(guard->mutex);
        if (guard->bridge != nullptr)
            QMetaObject::invokeMethod(guard->bridge, guard->call, Qt::QueuedConnection);
    });
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &EventBridge::take);
}

void EventBridge::wake() {
    m_boxHasMail = true;
    if (m_timer.isActive()) return;
    const qint64 elapsed = m_sinceDrain.isValid() ? m_sinceDrain.elapsed() : kInterval;
    m_timer.start(static_cast<int>(std::max<qint64>(0, kInterval - elapsed)));
}

void EventBridge::take() {
    if (m_waiting.empty()) {  // what is still being delivered comes first; the box keeps the rest
        m_boxHasMail = false;
        m_sinceDrain.start();
        for (Event& event : m_mailbox->drain()) m_waiting.push_back(std::move(event));
    }
    deliver();
}

void EventBridge::deliver() {
    QElapsedTimer clock;
    clock.start();
    while (!m_waiting.empty() && clock.elapsed() < kSlice) {
        auto* batch = std::get_if<MetricBatch>(&m_waiting.front());
        if (batch != nullptr && batch->points.size() > kChunk) {
            sendChunk(*batch);
            continue;
        }
        const Event event = std::move(m_waiting.front());
        m_waiting.pop_front();
        Q_EMIT said(event);
    }
    if (!m_waiting.empty())
        m_timer.start(0);
    else if (m_boxHasMail)
        wake();
}

void EventBridge::sendChunk(MetricBatch& batch) {
    const std::size_t end = std::min(batch.points.size(), m_chunkBegin + kChunk);
    const auto at = [&](std::size_t i) {
        return std::make_move_iterator(batch.points.begin() + static_cast<std::ptrdiff_t>(i));
    };
    const Event chunk = MetricBatch{batch.run, {at(m_chunkBegin), at(end)}};
    m_chunkBegin = end;
    if (end == batch.points.size()) {
        m_chunkBegin = 0;
        m_waiting.pop_front();
    }
    Q_EMIT said(chunk);
}

}  // namespace skd
