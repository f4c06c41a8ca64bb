#pragma once

#include <QAbstractItemModel>

#include "runs/run_filter.h"
#include "runs/runs_model.h"

namespace skd {

enum class RunGrouping { None, Study, Variant, Model, Method, State, Tag };

/// What a group of runs has in common; perplexities after distillation over those that have one.
struct RunGroupSummary {
    QString title;
    int runs = 0, measured = 0;
    double mean = 0, deviation = 0;  ///< sample deviation; NaN for fewer than two
};

/// The runs that a filter lets through, in groups or, ungrouped, as one list.
class RunTree : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Role { GroupRole = Qt::UserRole + 100 };

    explicit RunTree(RunsModel& runs, QObject* parent = nullptr);

    void setFilter(const RunFilter& filter);
    void setGrouping(RunGrouping grouping);
    [[nodiscard]] RunGrouping grouping() const { return m_grouping; }
    /// Runs that are shown.
    [[nodiscard]] int runCount() const;
    /// Invalid where the filter hides it.
    [[nodiscard]] QModelIndex indexOf(RunId run) const;
    /// 0 for a group.
    [[nodiscard]] RunId runAt(const QModelIndex& index) const;

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

private:
    struct Group {
        QString title;
        std::vector<int> rows;  ///< of the source
        bool operator==(const Group&) const = default;
    };
    [[nodiscard]] std::vector<Group> arranged() const;
    void rearrange();
    void onDataChanged(const QModelIndex& first, const QModelIndex& last, const QList<int>& roles);
    [[nodiscard]] QModelIndex mapFromSource(int row) const;
    [[nodiscard]] int sourceRow(const QModelIndex& index) const;  ///< -1 for a group
    [[nodiscard]] RunGroupSummary summary(const Group& group) const;

    RunsModel& m_runs;
    RunFilter m_filter;
    RunGrouping m_grouping = RunGrouping::None;
    std::vector<Group> m_groups;  ///< ungrouped: one, which is not shown
};

}  // namespace skd

Q_DECLARE_METATYPE(skd::RunGroupSummary)
