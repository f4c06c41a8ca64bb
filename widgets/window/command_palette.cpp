#include "window/command_palette.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <algorithm>

#include "controls/build.h"

namespace skd {

namespace {
constexpr int kMostShown = 60;
}

int fuzzyScore(const QString& query, const QString& text) {
    int score = 1;
    qsizetype at = 0;
    bool joined = false;
    for (const QChar letter : query) {
        if (letter.isSpace()) {
            joined = false;
            continue;
        }
        const qsizetype found = text.indexOf(letter, at, Qt::CaseInsensitive);
        if (found < 0) return 0;
        const bool begins = found == 0 || !text[found - 1].isLetterOrNumber();
        score += (joined && found == at ? 8 : 1) + (begins ? 6 : 0);
        joined = true;
        at = found + 1;
    }
    return score * 100 - static_cast<int>(std::min<qsizetype>(text.size(), 99));
}

CommandPalette::CommandPalette(QWidget* parent)
    : QDialog(parent, Qt::Popup), m_line(new QLineEdit(this)), m_list(new QListWidget(this)) {
    setObjectName(QStringLiteral("palette"));
    setAccessibleName(tr("Command palette"));
    m_line->setPlaceholderText(tr("type a command or the name of a run"));
    m_line->setAccessibleName(tr("Command"));
    m_line->installEventFilter(this);
    m_list->setAccessibleName(tr("Commands"));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setUniformItemSizes(true);
    addAll(makeColumn(-1, this, {8, 8, 8, 8}), {m_line, {m_list, 1}});
    connect(m_line, &QLineEdit::textChanged, this, &CommandPalette::showMatches);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::carryOut);
}

void CommandPalette::offer(const std::vector<QAction*>& actions,
                           std::vector<PaletteEntry> entries) {
    m_entries.clear();
    for (QAction* action : actions)
        m_entries.push_back({action->text().remove(QLatin1Char('&')),
                             action->shortcut().toString(QKeySequence::NativeText),
                             [action] { action->trigger(); }});
    std::move(entries.begin(), entries.end(), std::back_inserter(m_entries));
    m_line->clear();
    showMatches();
    const QRect host = parentWidget()->rect();
    const QSize size(std::min(560, host.width() - 40), std::min(420, host.height() - 80));
    setGeometry(
        QRect(parentWidget()->mapToGlobal(QPoint((host.width() - size.width()) / 2, 56)), size));
    show();
    m_line->setFocus();
}

void CommandPalette::showMatches() {
    std::vector<std::pair<int, std::size_t>> found;
    for (std::size_t i = 0; i < m_entries.size(); ++i)
        if (const int score = fuzzyScore(m_line->text(), m_entries[i].text);
            score > 0 || m_line->text().isEmpty())
            found.emplace_back(m_line->text().isEmpty() ? 0 : -score, i);
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    m_list->clear();
    for (const auto& [score, i] : found) {
        if (m_list->count() == kMostShown) break;
        const PaletteEntry& entry = m_entries[i];
        auto* item = new QListWidgetItem(
            entry.detail.isEmpty() ? entry.text
                                   : QStringLiteral("%1    %2").arg(entry.text, entry.detail),
            m_list);
        item->setData(Qt::UserRole, QVariant::fromValue<qulonglong>(i));
    }
    if (m_list->count() > 0) m_list->setCurrentRow(0);
}

void CommandPalette::carryOut() {
    const QListWidgetItem* item = m_list->currentItem();
    if (item == nullptr) return;
    const auto act = m_entries[item->data(Qt::UserRole).toULongLong()].act;
    hide();
    act();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched != m_line || event->type() != QEvent::KeyPress)
        return QDialog::eventFilter(watched, event);
    const int key = static_cast<QKeyEvent*>(event)->key();
    const int step = key == Qt::Key_Down       ? 1
                     : key == Qt::Key_Up       ? -1
                     : key == Qt::Key_PageDown ? 8
                     : key == Qt::Key_PageUp   ? -8
                                               : 0;
    if (step != 0) {
        m_list->setCurrentRow(
            std::clamp(m_list->currentRow() + step, 0, std::max(0, m_list->count() - 1)));
        return true;
    }
    if (key != Qt::Key_Return && key != Qt::Key_Enter) return QDialog::eventFilter(watched, event);
    carryOut();
    return true;
}

}  // namespace skd
