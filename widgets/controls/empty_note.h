#pragma once

#include <QLabel>

class QAbstractItemView;

namespace skd {

/// Stands in the middle of a list or table that has no rows, and says what would fill it and how.
class EmptyNote : public QLabel {
    Q_OBJECT
public:
    /// The view must have its model already.
    EmptyNote(QAbstractItemView* view, const QString& text);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void follow();
    QAbstractItemView* m_view;
};

}  // namespace skd
