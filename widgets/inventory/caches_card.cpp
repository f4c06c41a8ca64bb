#include <QCoreApplication>
#include <QMessageBox>
#include <QPushButton>

#include "inventory/inventory_card.h"
#include "style/format.h"

namespace skd {

namespace {

class CachesCard : public InventoryCard {
    Q_DECLARE_TR_FUNCTIONS(skd::CachesCard)
public:
    CachesCard(Workspace& workspace, QWidget* parent)
        : InventoryCard(tr("Caches"), parent), m_workspace(workspace) {
        m_question = [this](const QString& text) {
            return QMessageBox::question(this, tr("Delete files"), text,
                                         QMessageBox::Yes | QMessageBox::No,
                                         QMessageBox::No) == QMessageBox::Yes;
        };
        setTable(new InventoryView(tr("Files beside the workspace"),
                                   {tr("Kind"), tr("Of"), tr("Size"), tr("Changed")},
                                   {118, 0, 80, 132}, this),
                 "data.caches",
                 tr("There is nothing beside this workspace yet. Runs keep their checkpoints, "
                    "spectra and teachers' probabilities here."));
        m_detail = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "data.cacheDetail"));
        m_delete = makeButton(tr("Delete…"), "data.delete",
                              tr("Asks first, and names what is lost"), this);
        auto* row = addAll(makeRow(8), {{m_detail, 1}, m_delete});
        addAll(body(), {gap(4), row});
        connect(m_delete, &QPushButton::clicked, this, &CachesCard::askToDelete);
        refreshButtons();
    }
    void set(const Inventory& found) override {
        m_caches = found.caches;
        m_runs = found.runs;
        GridModel::Rows rows;
        double bytes = 0;
        for (const CacheEntry& entry : m_caches) {
            bytes += static_cast<double>(entry.bytes);
            const auto [kind, tip] = kindOf(entry);
            rows.push_back({{.text = kind, .tip = tip},
                            {.text = nameOf(entry), .tip = asText(entry.path)},
                            {formatMegabytes(entry.bytes), static_cast<double>(entry.bytes)},
                            {formatTime(entry.usedMs), static_cast<double>(entry.usedMs)}});
        }
        setTitle(m_caches.empty() ? tr("Caches") : tr("Caches · %1").arg(formatMegabytes(bytes)));
        m_table->set(std::move(rows));
        refreshButtons();
    }

private:
    /// What such files are called, and what they are.
    static std::pair<QString, QString> kindOf(const CacheEntry& entry) {
        const std::pair<QString, QString> kinds[] = {
            {tr("spectra"), tr("Singular values, factors and probes of a model; made again when a "
                               "run needs them")},
            {tr("teacher cache"), tr("The teacher's probabilities over a corpus; made again when a "
                                     "run needs them")},
            {tr("timings"), tr("Measured times of matrix shapes on this machine")},
            {tr("scores"), tr("Perplexities of dense models that runs share")},
            {tr("run's files"), tr("Checkpoints and models of a run")}};
        return kinds[static_cast<std::size_t>(entry.kind)];
    }
    void refreshButtons() override {
        const CacheEntry* entry = current();
        m_delete->setEnabled(entry != nullptr && !m_workspace.readOnly());
        m_detail->setText(entry != nullptr   ? kindOf(*entry).second
                          : m_caches.empty() ? QString()
                                             : tr("Beside the workspace, in %1.files")
                                                   .arg(asText(m_workspace.path().filename())));
    }
    /// What the files are needed for is looked up again: runs may have started since the list was
    /// made.
    void askToDelete() {
        const CacheEntry* entry = current();
        if (entry == nullptr || m_workspace.readOnly()) return;
        m_workspace.reader().ask(
            this, [entry = *entry](const RunStore& store) { return cacheUse(entry, store); },
            [this, entry = *entry](const Result<CacheUse>& use) {
                if (use)
                    decide(entry, *use);
                else
                    Q_EMIT said(asText(use.error()));
            });
    }
    void decide(const CacheEntry& entry, const CacheUse& use) {
        const QStringList losses = asTexts(use.losses);
        if (use.blocked)
            return Q_EMIT said(tr("Nothing was deleted. %1").arg(losses.join(QLatin1Char(' '))));
        QString text = tr("Delete %1 (%2, %3)?")
                           .arg(kindOf(entry).first, nameOf(entry), formatMegabytes(entry.bytes));
        if (!losses.isEmpty()) text += QStringLiteral("\n\n") + losses.join(QLatin1Char('\n'));
        text += QStringLiteral("\n\n") + tr("Deleted files do not come back.");
        if (!m_question(text)) return;
        inBackground(
            this,
            [entry, paths = RunPaths::of(m_workspace.path())] { return deleteCache(entry, paths); },
            [this](const Result<std::int64_t>& freed) {
                Q_EMIT said(freed ? tr("%1 are free again.").arg(formatMegabytes(*freed))
                                  : asText(freed.error()));
                Q_EMIT changedOnDisk();
            });
    }
    [[nodiscard]] QString nameOf(const CacheEntry& entry) const {
        if (entry.kind != CacheKind::RunFiles) return asText(entry.path.filename());
        for (const RunRow& run : m_runs)
            if (run.id == entry.run)
                return tr("%1 (run %2, %3)")
                    .arg(asText(run.name))
                    .arg(run.id.value())
                    .arg(run.deleted ? tr("deleted") : statusText(run.status));
        return tr("run %1, not in this workspace").arg(entry.run.value());
    }
    [[nodiscard]] const CacheEntry* current() const { return m_table->currentOf(m_caches); }

    Workspace& m_workspace;
    std::vector<CacheEntry> m_caches;
    std::vector<RunRow> m_runs;
    QLabel* m_detail;
    QPushButton* m_delete;
};

}  // namespace

InventoryCard* makeCachesCard(Workspace& workspace, QWidget* parent) {
    return new CachesCard(workspace, parent);
}

}  // namespace skd
