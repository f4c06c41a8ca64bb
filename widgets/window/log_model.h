#pragma once

#include <QAbstractListModel>
#include <QSortFilterProxyModel>
#include <deque>

#include "events/event.h"

namespace skd {

/// The last lines of the log.
class LogModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { LevelRole = Qt::UserRole + 1, TimeRole };
    static constexpr int kLimit = 5000;

    using QAbstractListModel::QAbstractListModel;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;

    void append(log::Level level, const QString& text);
    [[nodiscard]] int warnings() const { return m_warnings; }
    void clear();

Q_SIGNALS:
    void warningsChanged(int count);

private:
    struct Line {
        log::Level level;
        qint64 timeMs;
        QString text;
    };
    std::deque<Line> m_lines;
    int m_warnings = 0;
};

class LogProxy : public QSortFilterProxyModel {
    Q_OBJECT
public:
    explicit LogProxy(QObject* parent = nullptr) : QSortFilterProxyModel(parent) {
        setFilterCaseSensitivity(Qt::CaseInsensitive);
    }
    void setMinimumLevel(log::Level level);

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    log::Level m_level = log::Level::Info;
};

}  // namespace skd
