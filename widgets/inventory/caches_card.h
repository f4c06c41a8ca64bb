#pragma once

#include <functional>

#include "bridge/workspace.h"
#include "controls/card.h"
#include "library/inventory.h"

class QPushButton;

namespace skd {

class InventoryView;

/// The files that the workspace's runs have left, and their deletion: never without a question that
/// says what is lost, never while a run has them open.
class CachesCard : public Card {
    Q_OBJECT
public:
    explicit CachesCard(Workspace& workspace, QWidget* parent = nullptr);
    void set(std::vector<CacheEntry> caches, std::vector<RunRow> runs);
    [[nodiscard]] InventoryView& table() { return *m_table; }
    /// Who is asked before files are deleted; true = delete.
    void setQuestion(std::function<bool(const QString&)> question) {
        m_question = std::move(question);
    }

Q_SIGNALS:
    void changedOnDisk();
    void said(const QString& message);

private:
    void refreshButtons();
    void askToDelete();
    void decide(const CacheEntry& entry, const CacheUse& use);
    [[nodiscard]] QString nameOf(const CacheEntry& entry) const;
    [[nodiscard]] const CacheEntry* current() const;

    Workspace& m_workspace;
    std::vector<CacheEntry> m_caches;
    std::vector<RunRow> m_runs;
    std::function<bool(const QString&)> m_question;
    InventoryView* m_table;
    QLabel* m_detail;
    QPushButton* m_delete;
};

}  // namespace skd
