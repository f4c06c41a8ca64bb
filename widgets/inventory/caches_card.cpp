#include "inventory/caches_card.h"

#include <QMessageBox>
#include <QPushButton>

#include "bridge/background.h"
#include "controls/build.h"
#include "controls/empty_note.h"
#include "inventory/inventory_view.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

namespace {

QString kindText(CacheKind kind) {
    switch (kind) {
        case CacheKind::Spectra:
            return CachesCard::tr("spectra");
        case CacheKind::Teacher:
            return CachesCard::tr("teacher cache");
        case CacheKind::Timings:
            return CachesCard::tr("timings");
        case CacheKind::Scores:
            return CachesCard::tr("scores");
        case CacheKind::RunFiles:
            return CachesCard::tr("run's files");
    }
    return {};
}

QString kindTip(CacheKind kind) {
    switch (kind) {
        case CacheKind::Spectra:
            return CachesCard::tr(
                "Singular values, factors and probes of a model; made again when a run needs them");
        case CacheKind::Teacher:
            return CachesCard::tr(
                "The teacher's probabilities over a corpus; made again when a run needs them");
        case CacheKind::Timings:
            return CachesCard::tr("Measured times of matrix shapes on this machine");
        case CacheKind::Scores:
            return CachesCard::tr("Perplexities of dense models that runs share");
        case CacheKind::RunFiles:
            return CachesCard::tr("Checkpoints and models of a run");
    }
    return {};
}

}  // namespace

CachesCard::CachesCard(Workspace& workspace, QWidget* parent)
    : Card(tr("Caches"), parent), m_workspace(workspace) {
    m_question = [this](const QString& text) {
        return QMessageBox::question(this, tr("Delete files"), text,
                                     QMessageBox::Yes | QMessageBox::No,
                                     QMessageBox::No) == QMessageBox::Yes;
    };
    m_table = named(new InventoryView(tr("Files beside the workspace"),
                                      {tr("Kind"), tr("Of"), tr("Size"), tr("Changed")},
                                      {118, 0, 80, 132}, this),
                    "data.caches");
    new EmptyNote(m_table, tr("There is nothing beside this workspace yet. Runs keep their "
                              "checkpoints, spectra and teachers' probabilities here."));
    m_detail = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "data.cacheDetail"));
    m_delete =
        makeButton(tr("Delete…"), "data.delete", tr("Asks first, and names what is lost"), this);
    auto* row = addAll(makeRow(8), {{m_detail, 1}, m_delete});
    addAll(body(), {{m_table, 1}, gap(4), row});
    connect(m_table, &InventoryView::chosen, this, &CachesCard::refreshButtons);
    connect(m_delete, &QPushButton::clicked, this, &CachesCard::askToDelete);
    refreshButtons();
}

QString CachesCard::nameOf(const CacheEntry& entry) const {
    if (entry.kind != CacheKind::RunFiles) return asText(entry.path.filename());
    for (const RunRow& run : m_runs)
        if (run.id == entry.run)
            return tr("%1 (run %2, %3)")
                .arg(asText(run.name))
                .arg(run.id.value())
                .arg(run.deleted ? tr("deleted") : statusText(run.status));
    return tr("run %1, not in this workspace").arg(entry.run.value());
}

void CachesCard::set(std::vector<CacheEntry> caches, std::vector<RunRow> runs) {
    m_caches = std::move(caches);
    m_runs = std::move(runs);
    GridModel::Rows rows;
    double bytes = 0;
    for (const CacheEntry& entry : m_caches) {
        bytes += static_cast<double>(entry.bytes);
        rows.push_back({{.text = kindText(entry.kind), .tip = kindTip(entry.kind)},
                        {.text = nameOf(entry), .tip = asText(entry.path)},
                        {formatMegabytes(entry.bytes), static_cast<double>(entry.bytes)},
                        {formatTime(entry.usedMs), static_cast<double>(entry.usedMs)}});
    }
    setTitle(m_caches.empty() ? tr("Caches") : tr("Caches · %1").arg(formatMegabytes(bytes)));
    m_table->set(std::move(rows));
    refreshButtons();
}

const CacheEntry* CachesCard::current() const {
    return m_table->currentOf(m_caches);
}

void CachesCard::refreshButtons() {
    const CacheEntry* entry = current();
    m_delete->setEnabled(entry != nullptr && !m_workspace.readOnly());
    m_detail->setText(
        entry != nullptr ? kindTip(entry->kind)
        : m_caches.empty()
            ? QString()
            : tr("Beside the workspace, in %1.files").arg(asText(m_workspace.path().filename())));
}

/// What the files are needed for is looked up again: runs may have started since the list was made.
void CachesCard::askToDelete() {
    const CacheEntry* entry = current();
    if (entry == nullptr || m_workspace.readOnly()) return;
    m_workspace.reader().ask(
        this,
        [entry = *entry](const RunStore& store) -> Result<CacheUse> {
            SKD_TRY(const std::vector<RunRow> rows, store.runs());
            std::vector<RunDetails> unfinished;
            for (const RunRow& row : rows) {
                if (row.status == RunStatus::Completed) continue;
                SKD_TRY(RunDetails details, store.details(row.id));
                unfinished.push_back(std::move(details));
            }
            return cacheUse(entry, unfinished, rows);
        },
        [this, entry = *entry](const Result<CacheUse>& use) {
            if (use)
                decide(entry, *use);
            else
                Q_EMIT said(asText(use.error()));
        });
}

void CachesCard::decide(const CacheEntry& entry, const CacheUse& use) {
    QStringList losses;
    for (const std::string& loss : use.losses) losses << asText(loss);
    if (use.blocked)
        return Q_EMIT said(tr("Nothing was deleted. %1").arg(losses.join(QLatin1Char(' '))));
    QString text = tr("Delete %1 (%2, %3)?")
                       .arg(kindText(entry.kind), nameOf(entry), formatMegabytes(entry.bytes));
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

}  // namespace skd
