#pragma once

#include <QCoreApplication>
#include <QObject>
#include <QPointer>
#include <QThreadPool>
#include <functional>
#include <memory>
#include <utility>

namespace skd {

/// Runs `work` on another thread and `then` with its result on the window's, unless `context` is
/// gone by then. `work` must not touch what belongs to the window.
template <class T>
void inBackground(QObject* context, std::function<T()> work, std::function<void(T)> then,
                  QThreadPool& pool = *QThreadPool::globalInstance()) {
    pool.start(
        [guard = QPointer<QObject>(context), work = std::move(work), then = std::move(then)] {
            auto result = std::make_shared<T>(work());
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [guard, then, result] {
                    if (guard) then(std::move(*result));
                },
                Qt::QueuedConnection);
        });
}

/// The newest question counts: answers to older ones are dropped, and while one is being worked on
/// only the last of those that came after it waits.
template <class T>
class LatestAnswer {
public:
    explicit LatestAnswer(QObject* context) : m_context(context) {}
    void ask(std::function<T()> work, std::function<void(T)> then) {
        m_next = {std::move(work), std::move(then)};
        if (!m_busy) start();
    }
    [[nodiscard]] bool busy() const { return m_busy; }

private:
    struct Question {
        std::function<T()> work;
        std::function<void(T)> then;
    };
    void start() {
        Question question = std::exchange(m_next, {});
        m_busy = true;
        inBackground<T>(m_context, std::move(question.work),
                        [this, then = std::move(question.then)](T answer) {
                            m_busy = false;
                            if (m_next.work) return start();
                            then(std::move(answer));
                        });
    }
    QObject* m_context;  ///< owns this
    Question m_next;
    bool m_busy = false;
};

}  // namespace skd
