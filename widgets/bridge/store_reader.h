#pragma once

#include <QObject>
#include <QPointer>
#include <QThread>
#include <filesystem>
#include <functional>
#include <memory>

#include "store/run_store.h"

namespace skd {

/// Reads a workspace on a thread of its own, so that no query ever holds up the window.
class StoreReader : public QObject {
    Q_OBJECT
public:
    explicit StoreReader(std::filesystem::path workspace, QObject* parent = nullptr);
    ~StoreReader() override;  ///< waits for the query that runs; the others are dropped

    /// Runs `work` on the reader's thread and `then` with its result on the window's, unless
    /// `context` is gone.
    template <class T>
    void ask(QObject* context, std::function<Result<T>(const RunStore&)> work,
             std::function<void(Result<T>)> then) {
        post([this, guard = QPointer<QObject>(context), work = std::move(work),
              then = std::move(then)] {
            auto result =
                std::make_shared<Result<T>>(store() ? work(*m_store) : Result<T>(fail(m_error)));
            QMetaObject::invokeMethod(
                this,
                [guard, then, result] {
                    if (guard) then(std::move(*result));
                },
                Qt::QueuedConnection);
        });
    }

private:
    void post(std::function<void()> job);
    [[nodiscard]] bool store();

    std::filesystem::path m_workspace;
    QThread m_thread;
    QObject* m_worker;
    std::unique_ptr<RunStore> m_store;  ///< used on the reader's thread only
    Error m_error;
};

}  // namespace skd
