#pragma once

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>
#include <QtConcurrent>
#include <type_traits>
#include <utility>

namespace skd {

/// Runs `work` on a thread of `pool` and `then` with its result on the window's, unless `context`
/// is gone by then. `work` must not touch what belongs to the window.
///
/// Qt looks at a continuation's context from the worker thread, which the window may be deleting
/// just then: the application is the context, and `context` is looked at on the window's thread.
template <class Work, class Then>
void inBackground(QThreadPool& pool, QObject* context, Work work, Then then) {
    using T = std::invoke_result_t<Work>;
    QtConcurrent::run(&pool, std::move(work))
        .then(QCoreApplication::instance(), [guard = QPointer<QObject>(context),
                                             then = std::move(then)](QFuture<T> answer) mutable {
            if (guard) then(answer.takeResult());
        });
}

template <class Work, class Then>
void inBackground(QObject* context, Work work, Then then) {
    inBackground(*QThreadPool::globalInstance(), context, std::move(work), std::move(then));
}

/// The newest question counts: answers to older ones are dropped, and while one is being worked on
/// only the last of those that came after it waits.
class LatestAnswer {
public:
    explicit LatestAnswer(QObject* context) : m_context(context) { m_pool.setMaxThreadCount(1); }
    template <class Work, class Then>
    void ask(Work work, Then then) {
        m_pool.clear();
        using T = std::invoke_result_t<Work>;
        inBackground(m_pool, m_context, std::move(work),
                     [this, serial = ++m_asked, then = std::move(then)](T answer) mutable {
                         if (serial != m_asked) return;
                         m_answered = serial;
                         then(std::move(answer));
                     });
    }
    [[nodiscard]] bool busy() const { return m_asked != m_answered; }

private:
    QObject* m_context;  ///< owns this
    QThreadPool m_pool;
    int m_asked = 0, m_answered = 0;
};

}  // namespace skd
