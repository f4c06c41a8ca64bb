#include "controls/empty_note.h"

#include <QAbstractItemView>
#include <QEvent>

#include "style/theme.h"

namespace skd {

EmptyNote::EmptyNote(QAbstractItemView* view, const QString& text)
    : QLabel(text, view->viewport()), m_view(view) {
    setObjectName(QStringLiteral("emptyNote"));
    setAlignment(Qt::AlignCenter);
    setWordWrap(true);
    setFont(textFont(TextRole::Body));
    setProperty("tone", QStringLiteral("secondary"));
    setMargin(12);
    setAttribute(Qt::WA_TransparentForMouseEvents);
    view->viewport()->installEventFilter(this);
    const QAbstractItemModel* model = view->model();
    connect(model, &QAbstractItemModel::modelReset, this, &EmptyNote::follow);
    connect(model, &QAbstractItemModel::rowsInserted, this, &EmptyNote::follow);
    connect(model, &QAbstractItemModel::rowsRemoved, this, &EmptyNote::follow);
    follow();
}

bool EmptyNote::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) follow();
    return QLabel::eventFilter(watched, event);
}

void EmptyNote::follow() {
    setGeometry(m_view->viewport()->rect());
    setVisible(m_view->model()->rowCount(m_view->rootIndex()) == 0 && !text().isEmpty());
}

}  // namespace skd
