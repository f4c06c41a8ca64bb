#pragma once

#include <QAbstractListModel>
#include <unordered_map>
#include <unordered_set>

#include "bridge/workspace.h"

namespace skd {

/// The runs of a workspace, newest first. Sparklines are read when a row is first looked at.
class RunsModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { RowRole = Qt::UserRole + 1, SparklineRole };

    explicit RunsModel(Workspace& workspace, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

    [[nodiscard]] const std::vector<RunRow>& rows() const { return m_rows; }
    [[nodiscard]] const RunRow& row(int index) const { return m_rows[index]; }
    [[nodiscard]] int indexOf(RunId run) const;  ///< -1 where it is not listed
    void setIncludeDeleted(bool include);
    [[nodiscard]] bool includeDeleted() const { return m_includeDeleted; }

    void reload();
    /// Replaces the list; rows that stay keep their index objects, so selections survive.
    void setRows(std::vector<RunRow> rows);

Q_SIGNALS:
    void loaded();
    /// The user has typed another name.
    void renamed(const skd::RunRow& run, const std::string& name);

private:
    void wantSparkline(RunId run) const;
    void extendSparkline(const MetricBatch& batch);
    void mergeRows(std::vector<RunRow> rows);

    Workspace& m_workspace;
    std::vector<RunRow> m_rows;
    /// At most kSparkPoints values, every `stride`-th of the curve.
    struct Sparkline {
        std::vector<double> values;
        std::size_t stride = 1, seen = 0;
        void append(double value);
    };
    static constexpr std::size_t kSparkPoints = 128;
    mutable std::unordered_map<std::int64_t, Sparkline> m_sparklines;
    mutable std::unordered_set<std::int64_t> m_asked;
    bool m_includeDeleted = false;
};

}  // namespace skd

Q_DECLARE_METATYPE(skd::RunRow)
Q_DECLARE_METATYPE(std::vector<double>)
