#pragma once

#include <QAbstractListModel>

#include "bridge/workspace.h"

namespace skd {

/// The runs that wait, the first to start on top; dragging a row moves it.
class QueueModel : public QAbstractListModel {
    Q_OBJECT
public:
    explicit QueueModel(Workspace& workspace, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    [[nodiscard]] Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }
    [[nodiscard]] QStringList mimeTypes() const override;
    [[nodiscard]] QMimeData* mimeData(const QModelIndexList& indexes) const override;
    bool dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                      const QModelIndex& parent) override;

    [[nodiscard]] bool held() const { return m_held; }
    [[nodiscard]] RunId runAt(int row) const { return m_runs[row].id; }
    [[nodiscard]] int indexOf(RunId run) const;  ///< -1 where it does not wait
    /// Asks the engine to let a run start before the one at `row` (rowCount() = last).
    void move(RunId run, int row);

Q_SIGNALS:
    void changed();

private:
    void take(const QueueChanged& queue);
    void readNames();

    Workspace& m_workspace;
    std::vector<RunRow> m_runs;  ///< only the id until the workspace has been read
    bool m_held = false;
};

}  // namespace skd
