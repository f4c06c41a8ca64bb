#pragma once

#include <QColor>
#include <QString>
#include <unordered_map>

#include "bridge/workspace.h"

namespace skd {

struct ThemeColors;

/// What users call the models that tasks name: "run:7" is the model of a run, anything else a
/// folder, a file or a known name.
class ModelNames : public QObject {
    Q_OBJECT
public:
    explicit ModelNames(Workspace& workspace, QObject* parent = nullptr);

    /// Reads the runs' names again where the list may have changed.
    void refresh();
    [[nodiscard]] bool loaded() const { return m_loaded; }
    /// "svd-15 · seed 42 (run 7)", "SmolLM2-135M-Instruct".
    [[nodiscard]] QString title(const QString& path) const;
    /// The run's name alone.
    [[nodiscard]] QString shortTitle(const QString& path) const;
    /// A run's own colour; grey for models that are no run's.
    [[nodiscard]] QColor color(const QString& path, const ThemeColors& colors) const;
    [[nodiscard]] const RunRow* row(RunId run) const;
    /// The run that "run:7" or "run:7@40" names.
    [[nodiscard]] static std::optional<RunId> runOf(const QString& path);
    [[nodiscard]] static QString pathOf(RunId run);
    /// Names one size of an elastic run: "run:7@42%".
    [[nodiscard]] static bool isSlice(const QString& path);

Q_SIGNALS:
    void changed();

private:
    Workspace& m_workspace;
    std::unordered_map<std::int64_t, RunRow> m_runs;
    bool m_dirty = true, m_loaded = false;
};

}  // namespace skd
