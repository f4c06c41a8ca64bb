#pragma once

#include <QObject>
#include <filesystem>
#include <memory>

#include "bridge/background.h"
#include "store/run_store.h"

namespace skd {

/// Reads a workspace on a thread of its own, so that no query ever holds up the window.
class StoreReader : public QObject {
    Q_OBJECT
public:
    explicit StoreReader(std::filesystem::path workspace, QObject* parent = nullptr);
    ~StoreReader() override;  ///< waits for the query that runs; the others are dropped

    /// Runs `work`, which takes a RunStore and returns a Result, on the reader's thread and `then`
    /// with it on the window's, unless `context` is gone.
    template <class Work, class Then>
    void ask(QObject* context, Work work, Then then) {
        using R = std::invoke_result_t<Work, const RunStore&>;
        inBackground(
            m_thread, context,
            [this, work = std::move(work)] { return store() ? work(*m_store) : R(fail(m_error)); },
            std::move(then));
    }

private:
    [[nodiscard]] bool store();

    std::filesystem::path m_workspace;
    std::unique_ptr<RunStore> m_store;  ///< used on the reader's thread only
    Error m_error;
    QThreadPool m_thread;  ///< of one thread
};

}  // namespace skd
