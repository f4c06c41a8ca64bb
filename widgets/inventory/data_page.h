#pragma once

#include "controls/page.h"
#include "inventory/inventory_card.h"

namespace skd {

/// What is on this machine: models, corpora, and the files that runs have left.
class DataPage : public Page {
    Q_OBJECT
public:
    DataPage(const PageContext& context, QWidget* parent = nullptr);

    [[nodiscard]] InventoryCard& caches() { return *m_caches; }
    /// Puts a dropped model or corpus onto its list; says why where it is neither.
    bool drop(const QString& path) override;
    [[nodiscard]] bool followsRuns() const override { return false; }
    [[nodiscard]] bool settled() const override { return m_read && !m_looking.busy(); }

protected:
    void showEvent(QShowEvent* event) override;

private:
    void refresh();
    void look(std::vector<RunRow> runs);
    void addModel(const QString& path);
    void addCorpus(const QString& folder);
    void forget(const char* list, const QString& path);
    void remember(const char* list, const QString& path);
    void openInCarve(const QString& reference);

    PageContext m_context;
    InventoryCard *m_models, *m_corpora, *m_caches;
    LatestAnswer m_looking;
    QString m_choose;  ///< a model that was just added, to be selected
    bool m_dirty = true, m_read = false;
};

}  // namespace skd
