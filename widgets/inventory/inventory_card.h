#pragma once

#include "bridge/workspace.h"
#include "controls/build.h"
#include "controls/card.h"
#include "inventory/inventory_view.h"
#include "library/inventory.h"

namespace skd {

/// What is on this machine, and what of it users have put onto the lists.
struct Inventory {
    std::vector<ModelEntry> models;
    std::vector<CorpusEntry> corpora;
    std::vector<CacheEntry> caches;
    std::vector<RunRow> runs;
    QStringList addedModels, addedCorpora;
};

/// A table of one kind of things on this machine, and what can be done with them.
class InventoryCard : public Card {
    Q_OBJECT
public:
    using Card::Card;
    virtual void set(const Inventory& found) = 0;
    [[nodiscard]] InventoryView& table() { return *m_table; }
    /// Who is asked before files are deleted; true = delete.
    void setQuestion(std::function<bool(const QString&)> question) {
        m_question = std::move(question);
    }

Q_SIGNALS:
    void addRequested(const QString& path);
    void forgetRequested(const QString& path);
    void carveRequested(const QString& reference);
    /// A model's reference, or the folder of a corpus: "" for the texts that ship.
    void runRequested(const QString& reference);
    void changedOnDisk();
    void said(const QString& message);

protected:
    void setTable(InventoryView* table, const char* id, const QString& whenEmpty) {
        m_table = named(table, id);
        addEmptyNote(m_table, whenEmpty);
        body()->addWidget(m_table, 1);
        connect(m_table, &InventoryView::chosen, this, &InventoryCard::refreshButtons);
    }
    virtual void refreshButtons() = 0;

    InventoryView* m_table;
    std::function<bool(const QString&)> m_question;
};

/// The models of this machine, what can be done with them, and the way to more.
InventoryCard* makeModelsCard(bool canRun, QWidget* parent);
/// Text that runs can calibrate and distil on, with what is known about it.
InventoryCard* makeCorporaCard(QWidget* parent);
/// The files that the workspace's runs have left, and their deletion: never without a question that
/// says what is lost, never while a run has them open.
InventoryCard* makeCachesCard(Workspace& workspace, QWidget* parent);

}  // namespace skd
