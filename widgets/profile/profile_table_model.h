#pragma once

#include <QStandardItemModel>

#include "profile/profile_parts.h"

namespace skd {

/// A model's profile as a tree: modules, below them their operators. Qt::UserRole gives the value
/// to sort by.
class ProfileTableModel : public QStandardItemModel {
    Q_OBJECT
public:
    enum Column { Name, SelfTime, Share, Calls, Flops, AgainstFirst, ColumnCount };

    explicit ProfileTableModel(QObject* parent = nullptr);
    /// `first` is what AgainstFirst compares with; either may be null.
    void setProfile(const ModelProfile* model, const ModelProfile* first);
    /// The module of a row, or of the row's parent.
    [[nodiscard]] static Module moduleOf(const QModelIndex& index);
};

}  // namespace skd
