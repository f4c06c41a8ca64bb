#include "window/views_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <utility>

#include "controls/build.h"
#include "window/presenter.h"

namespace skd {

ViewsDialog::ViewsDialog(Presenter& presenter, bool readOnly, QWidget* parent)
    : QDialog(parent),
      m_presenter(presenter),
      m_list(named(new QListWidget(this), "views.list",
                   tr("Saved views, in the order in which they are presented"))),
      m_readOnly(readOnly) {
    setObjectName(QStringLiteral("views"));
    setWindowTitle(tr("Saved views"));
    m_show = makeButton(tr("Show"), "views.show", {}, this);
    m_up = makeButton(tr("Up"), "views.up", {}, this);
    m_down = makeButton(tr("Down"), "views.down", {}, this);
    m_remove = makeButton(tr("Delete"), "views.remove", {}, this);
    auto* close = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* column = addAll(makeColumn(), {m_show, m_up, m_down, m_remove, rest(0), close});
    addAll(new QHBoxLayout(this), {{m_list, 1}, column});
    const auto show = [this] { m_presenter.showView(m_list->currentRow()); };
    connect(m_show, &QPushButton::clicked, this, show);
    connect(m_up, &QPushButton::clicked, this, [this] { moveBy(-1); });
    connect(m_down, &QPushButton::clicked, this, [this] { moveBy(1); });
    connect(m_remove, &QPushButton::clicked, this, [this] {
        if (m_list->currentRow() >= 0) m_presenter.remove(m_list->currentRow());
    });
    connect(close, &QDialogButtonBox::rejected, this, &QDialog::close);
    if (readOnly) m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    connect(&presenter, &Presenter::changed, this, &ViewsDialog::refresh);
    connect(m_list, &QListWidget::currentRowChanged, this, &ViewsDialog::enableButtons);
    connect(m_list, &QListWidget::itemDoubleClicked, this, show);
    connect(m_list, &QListWidget::itemChanged, this, [this](QListWidgetItem* item) {
        if (!m_filling) m_presenter.rename(m_list->row(item), item->text());
    });
    refresh();
    resize(420, 340);
}

void ViewsDialog::refresh() {
    m_filling = true;
    const int row = m_wanted >= 0 ? std::exchange(m_wanted, -1) : m_list->currentRow();
    m_list->clear();
    for (const ViewRow& view : m_presenter.views()) {
        auto* item = new QListWidgetItem(asText(view.name), m_list);
        if (!m_readOnly) item->setFlags(item->flags() | Qt::ItemIsEditable);
        item->setToolTip(asText(view.page));
    }
    m_list->setCurrentRow(std::min(std::max(row, 0), m_list->count() - 1));
    m_filling = false;
    enableButtons();
}

void ViewsDialog::enableButtons() {
    const int row = m_list->currentRow();
    m_show->setEnabled(row >= 0);
    m_up->setEnabled(!m_readOnly && row > 0);
    m_down->setEnabled(!m_readOnly && row >= 0 && row + 1 < m_list->count());
    m_remove->setEnabled(!m_readOnly && row >= 0);
}

void ViewsDialog::moveBy(int by) {
    m_wanted = m_list->currentRow() + by;
    m_presenter.move(m_list->currentRow(), m_wanted);
}

bool askForView(QWidget* parent, const QString& suggestion, QString& name, double& replaySpeed) {
    QDialog dialog(parent);
    dialog.setWindowTitle(ViewsDialog::tr("Save this view"));
    auto* line = new QLineEdit(suggestion, &dialog);
    line->setAccessibleName(ViewsDialog::tr("Name of the view"));
    line->selectAll();
    auto* replay = new QComboBox(&dialog);
    replay->setAccessibleName(ViewsDialog::tr("Replay"));
    replay->addItem(ViewsDialog::tr("shows the run as it ended"), 0);
    for (const int speed : {1, 5, 20, 60, 300})
        replay->addItem(ViewsDialog::tr("replays the run at %1 ×").arg(speed), speed);
    auto* buttons =
        new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, &dialog);
    QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    auto* form = new QFormLayout(&dialog);
    form->addRow(ViewsDialog::tr("Name"), line);
    form->addRow(ViewsDialog::tr("When shown, it"), replay);
    form->addRow(buttons);
    if (dialog.exec() != QDialog::Accepted || line->text().trimmed().isEmpty()) return false;
    name = line->text().trimmed();
    replaySpeed = replay->currentData().toDouble();
    return true;
}

}  // namespace skd
