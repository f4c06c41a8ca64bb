#pragma once

#include <QAbstractItemModel>

#include "profile/profile_parts.h"

namespace skd {

/// A model's profile as a tree: modules, below them their operators. Qt::UserRole gives the value
/// to sort by.
class ProfileTableModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { Name, SelfTime, Share, Calls, Flops, AgainstFirst, ColumnCount };

    using QAbstractItemModel::QAbstractItemModel;
    /// `first` is what AgainstFirst compares with; either may be null.
    void setProfile(const ModelProfile* model, const ModelProfile* first);
    /// The module of a row, or of the row's parent.
    [[nodiscard]] Module moduleOf(const QModelIndex& index) const;

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    struct Line {
        QString name;
        double seconds = 0, share = 0, calls = 0, gflops = 0, ratio = 0;  ///< NaN: no such figure
    };
    struct Part {
        Module module = Module::Other;
        Line line;
        std::vector<Line> operators;
    };
    [[nodiscard]] const Line& lineOf(const QModelIndex& index) const;
    [[nodiscard]] static double value(const Line& line, int column);
    std::vector<Part> m_parts;
};

}  // namespace skd
