#include "runs/queue_dock.h"

#include <QListView>
#include <QProgressBar>
#include <QPushButton>
#include <QShortcut>

#include "controls/build.h"
#include "controls/card.h"
#include "style/format.h"

namespace skd {

namespace {

/// Rows of it are dragged into another order.
QListView* makeList(QAbstractItemModel* model, const QString& name, QWidget* parent) {
    auto* list = named(new QListView(parent), "queue.list", name);
    list->setModel(model);
    list->setDragDropMode(QAbstractItemView::InternalMove);
    list->setUniformItemSizes(true);
    return list;
}

}  // namespace

QueueDock::QueueDock(Workspace& workspace, RunMonitor& monitor, QWidget* parent)
    : Dock("queueDock", tr("Queue"), parent),
      m_workspace(workspace),
      m_monitor(monitor),
      m_model(new QueueModel(workspace, this)) {
    QWidget* panel = this->panel();
    m_now = makeLabel({}, TextRole::Body, "", panel, "queue.now");
    m_progress = new QProgressBar(panel);
    m_progress->setAccessibleName(tr("Progress of the stage"));
    m_progress->setTextVisible(false);
    m_progress->setRange(0, 1000);
    m_hint = wrapped(makeLabel({}, TextRole::Small, "secondary", panel, "queue.hint"));
    m_list = makeList(m_model, tr("Runs that wait"), panel);
    m_hold = makeButton({}, "queue.hold", {}, panel);
    m_up = makeButton(tr("Up"), "", tr("Start earlier (Alt+Up)"), panel);
    m_down = makeButton(tr("Down"), "", tr("Start later (Alt+Down)"), panel);
    m_remove =
        makeButton(tr("Remove"), "",
                   tr("The run does not start; it stays in the list as cancelled (Delete)"), panel);
    auto* row = addAll(makeRow(), {m_hold, m_up, m_down, m_remove, rest()});
    addAll(makeColumn(6, panel, {8, 2, 8, 8}), {m_now, m_progress, m_hint, {m_list, 1}, row});
    connect(m_model, &QueueModel::changed, this, &QueueDock::showState);
    connect(&monitor, &RunMonitor::changed, this, &QueueDock::showState);
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &QueueDock::showState);
    connect(m_hold, &QPushButton::clicked, this, [this] {
        if (Session* session = m_workspace.session()) session->holdQueue(!m_model->held());
    });
    const auto acts = [this](const QPushButton* button, const QKeySequence& keys, auto act) {
        connect(button, &QPushButton::clicked, this, act);
        connect(new QShortcut(keys, m_list, nullptr, nullptr, Qt::WidgetShortcut),
                &QShortcut::activated, this, act);
    };
    acts(m_up, QKeySequence(Qt::ALT | Qt::Key_Up), [this] { moveSelected(-1); });
    acts(m_down, QKeySequence(Qt::ALT | Qt::Key_Down), [this] { moveSelected(1); });
    acts(m_remove, QKeySequence::Delete, [this] { removeSelected(); });
    showState();
}

RunId QueueDock::selected() const {
    const QModelIndex current = m_list->currentIndex();
    return current.isValid() ? m_model->runAt(current.row()) : RunId{};
}

void QueueDock::moveSelected(int by) {
    const RunId run = selected();
    const int row = m_model->indexOf(run);
    const int target = row + by;
    if (row < 0 || target < 0 || target >= m_model->rowCount()) return;
    m_model->move(run, by > 0 ? target + 1 : target);
}

void QueueDock::removeSelected() {
    const RunId run = selected();
    if (run == RunId{} || m_workspace.session() == nullptr) return;
    if (const Status left = m_workspace.session()->leaveQueue(run); !left)
        Q_EMIT m_workspace.problemReported(asText(left.error()));
}

void QueueDock::showState() {
    const bool write = !m_workspace.readOnly(), chosen = write && selected() != RunId{};
    m_now->setText(m_monitor.running() ? m_monitor.line() : tr("Nothing is running."));
    const double fraction = m_monitor.fraction();
    m_progress->setVisible(m_monitor.running());
    m_progress->setValue(fraction >= 0 ? static_cast<int>(1000 * fraction) : 0);
    const int waiting = m_model->rowCount();
    m_hint->setText(
        waiting == 0 ? tr("No run waits. Runs that are started while another is running wait here.")
        : m_model->held() ? tr("Held: %1 until you start the queue.")
                                .arg(tr("%1 runs wait", nullptr, waiting).arg(formatWhole(waiting)))
                          : tr("%1 runs wait", nullptr, waiting).arg(formatWhole(waiting)));
    m_hold->setText(m_model->held() ? tr("Start the queue") : tr("Hold the queue"));
    m_hold->setEnabled(write);
    for (QPushButton* button : {m_up, m_down, m_remove}) button->setEnabled(chosen);
}

}  // namespace skd
