#pragma once

#include <QFutureWatcher>
#include <QThreadPool>
#include <QtConcurrent>
#include <atomic>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace skd {

/// Runs `work` on a thread of `pool` and `then` with its result on the window's, unless `context`
/// is gone by then. `work` must not touch what belongs to the window.
///
/// By a watcher, which belongs to `context`: a continuation would be called at once where the work
/// is done already, and in 6.4 looks at its context from the other thread.
template <class Work, class Then>
void inBackground(QThreadPool& pool, QObject* context, Work work, Then then) {
    using T = std::invoke_result_t<Work>;
    auto* watcher = new QFutureWatcher<T>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context,
                     [watcher, then = std::move(then)]() mutable {
                         watcher->deleteLater();
                         then(watcher->future().takeResult());
                     });
    watcher->setFuture(QtConcurrent::run(&pool, std::move(work)));
}

template <class Work, class Then>
void inBackground(QObject* context, Work work, Then then) {
    inBackground(*QThreadPool::globalInstance(), context, std::move(work), std::move(then));
}

/// The newest question counts: answers to older ones are dropped, and of those that wait while one
/// is being worked on only the last is worked on.
class LatestAnswer {
public:
    explicit LatestAnswer(QObject* context) : m_context(context) { m_pool.setMaxThreadCount(1); }
    template <class Work, class Then>
    void ask(Work work, Then then) {
        using T = std::invoke_result_t<Work>;
        const int serial = ++*m_asked;
        inBackground(
            m_pool, m_context,
            [asked = m_asked, serial, work = std::move(work)] {
                return *asked == serial ? std::optional<T>(work()) : std::nullopt;
            },
            [this, serial, then = std::move(then)](std::optional<T> answer) mutable {
                if (serial != *m_asked) return;
                m_answered = serial;
                then(std::move(*answer));
            });
    }
    [[nodiscard]] bool busy() const { return *m_asked != m_answered; }

private:
    QObject* m_context;  ///< owns this
    /// Number of the newest question, which the pool's thread reads as well.
    std::shared_ptr<std::atomic<int>> m_asked = std::make_shared<std::atomic<int>>(0);
    int m_answered = 0;
    QThreadPool m_pool;
};

}  // namespace skd
