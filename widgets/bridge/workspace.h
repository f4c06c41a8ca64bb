#pragma once

#include "bridge/background.h"
#include "bridge/event_bridge.h"
#include "bridge/text.h"
#include "run/session.h"
#include "store/run_store.h"

namespace skd {

/// Reads a workspace on a thread of its own, so that no query ever holds up the window.
class StoreReader {
public:
    explicit StoreReader(std::filesystem::path workspace);
    ~StoreReader();  ///< waits for the query that runs; the others are dropped

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

/// Why a window only looks at a workspace.
enum class ReadOnlyReason { Asked, OtherProcess, NotWritable };

/// A workspace as the window sees it: its history, and the engine where this window owns it.
class Workspace : public QObject {
    Q_OBJECT
public:
    /// Without a session the workspace is read-only, for this reason.
    Workspace(std::filesystem::path path, std::unique_ptr<Session> session,
              ReadOnlyReason reason = ReadOnlyReason::Asked, QObject* parent = nullptr);
    ~Workspace() override;

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] QString name() const { return asText(m_path.stem()); }
    [[nodiscard]] qint64 sizeOnDisk() const;
    [[nodiscard]] bool readOnly() const { return m_session == nullptr; }
    /// Why it is read-only, as the first half of a sentence ("…, so nothing can be measured
    /// here."); empty where it is not.
    [[nodiscard]] QString readOnlyText() const;
    /// Null where read-only.
    [[nodiscard]] Session* session() const { return m_session.get(); }
    [[nodiscard]] EventBridge& events() { return m_events; }
    [[nodiscard]] StoreReader& reader() { return m_reader; }

    /// Carries an edit out, or complains; the id of the row it made, 0 where none was.
    std::int64_t edit(const WorkspaceEdit& edit);
    void resumeRun(RunId run);
    /// For many calls of the session at once, one after the other on another thread. The workspace
    /// outlives them.
    [[nodiscard]] QThreadPool& calls() { return m_calls; }

Q_SIGNALS:
    /// The list of runs may have changed.
    void runsChanged();
    /// Something the user asked for could not be done; says why.
    void problemReported(const QString& message);

private:
    void report(const Status& status);
    std::filesystem::path m_path;
    ReadOnlyReason m_reason;
    EventBridge m_events;
    StoreReader m_reader;
    std::unique_ptr<Session>
        m_session;        ///< ends before the bridge: it joins its thread while that still listens
    QThreadPool m_calls;  ///< ends first: waits for calls of the session
};

}  // namespace skd
