#include <QCoreApplication>
#include <QFileDialog>
#include <QPushButton>

#include "inventory/inventory_card.h"
#include "requests/corpus_tools.h"
#include "style/format.h"

namespace skd {

namespace {

GridCell count(std::int64_t value) {
    return {value > 0 ? formatCount(static_cast<double>(value)) : QStringLiteral("–"),
            static_cast<double>(value)};
}

class CorporaCard : public InventoryCard {
    Q_DECLARE_TR_FUNCTIONS(skd::CorporaCard)
public:
    explicit CorporaCard(QWidget* parent) : InventoryCard(tr("Corpora"), parent) {
        setTable(new InventoryView(tr("Corpora of this machine"),
                                   {tr("Corpus"), tr("Documents"), tr("Characters"), tr("Licence")},
                                   {0, 88, 88, 120}, this),
                 "data.corpora",
                 tr("No corpus was found. Those that ship are in the program's resources; “Add "
                    "folder…” adds one that “sparsekd corpus build” made."));
        m_detail = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "data.corpusDetail"));
        addAll(body(), {gap(4), m_detail, gap(4)});
        buildButtons();
        refreshButtons();
    }
    void set(const Inventory& found) override {
        m_corpora = found.corpora;
        m_added = found.addedCorpora;
        GridModel::Rows rows;
        for (const CorpusEntry& corpus : m_corpora) rows.push_back(rowOf(corpus));
        m_table->set(std::move(rows));
        refreshButtons();
    }

private:
    static GridModel::Row rowOf(const CorpusEntry& corpus) {
        const bool known = corpus.problem.empty();
        const QString path = asText(corpus.path);
        const QString from = corpus.shipped ? tr("ships with the program")
                                            : tr("built of %1").arg(asText(corpus.shares));
        return {
            {.text = (known ? QString() : QStringLiteral("⚠ ")) + asText(corpus.name),
             .tip =
                 known ? QStringLiteral("%1\n%2, %3").arg(path, from, formatMegabytes(corpus.bytes))
                       : asText(corpus.problem)},
            count(corpus.documents),
            count(corpus.characters),
            {corpus.licence.empty() ? tr("not known") : asText(corpus.licence)}};
    }
    void buildButtons() {
        m_run = makeButton(tr("Use in New run"), "data.useCorpus", {}, this);
        m_check = makeButton(tr("Check files"), "data.checkCorpus",
                             tr("Compares every file with the hash in the manifest"), this);
        m_forget = makeButton(tr("Forget"), "data.forgetCorpus",
                              tr("Removes an added corpus from the list; its files stay"), this);
        auto* add = makeButton(tr("Add folder…"), "data.addCorpus",
                               tr("A folder that “sparsekd corpus build” made"), this);
        auto* row = addAll(makeRow(8), {m_run, m_check, m_forget, rest(), add});
        body()->addLayout(row);
        connect(m_run, &QPushButton::clicked, this, [this] {
            if (const CorpusEntry* corpus = current())
                Q_EMIT runRequested(corpus->shipped ? QString() : asText(corpus->path));
        });
        connect(m_forget, &QPushButton::clicked, this, [this] {
            if (const CorpusEntry* corpus = current()) Q_EMIT forgetRequested(asText(corpus->path));
        });
        connect(m_check, &QPushButton::clicked, this, &CorporaCard::check);
        connect(add, &QPushButton::clicked, this, [this] {
            const QString folder = QFileDialog::getExistingDirectory(this, tr("Corpus folder"));
            if (!folder.isEmpty()) Q_EMIT addRequested(folder);
        });
    }
    void refreshButtons() override {
        const CorpusEntry* corpus = current();
        const bool sound = corpus != nullptr && corpus->problem.empty();
        m_run->setEnabled(sound);
        m_check->setEnabled(sound && !corpus->shipped && !m_checking);
        m_forget->setEnabled(corpus != nullptr && m_added.contains(asText(corpus->path)));
        QString text =
            tr("The first four ship with the program and are the default mixture of a run.");
        if (corpus != nullptr && !sound)
            text = QStringLiteral("⚠ ") + asText(corpus->problem);
        else if (corpus != nullptr && !corpus->shipped)
            text = tr("%1: %2 samples asked for, shares %3, %4 tokens")
                       .arg(asText(corpus->path), formatCount(corpus->samples),
                            asText(corpus->shares), formatCount(corpus->tokens));
        m_detail->setText(text);
        setTone(m_detail, corpus != nullptr && !sound ? "bad" : "secondary");
    }
    void check() {
        const CorpusEntry* corpus = current();
        if (corpus == nullptr || m_checking) return;
        m_checking = true;
        refreshButtons();
        const QString name = asText(corpus->name);
        Q_EMIT said(tr("Comparing the files of %1 with its manifest…").arg(name));
        inBackground(
            this, [path = corpus->path] { return showCorpus(path); },
            [this, name](const Result<Json>& shown) {
                m_checking = false;
                refreshButtons();
                Q_EMIT said(shown
                                ? tr("Every file of %1 is as its manifest describes it.").arg(name)
                                : asText(shown.error()));
            });
    }
    [[nodiscard]] const CorpusEntry* current() const { return m_table->currentOf(m_corpora); }

    std::vector<CorpusEntry> m_corpora;
    QStringList m_added;
    QLabel* m_detail;
    QPushButton *m_run, *m_check, *m_forget;
    bool m_checking = false;
};

}  // namespace

InventoryCard* makeCorporaCard(QWidget* parent) {
    return new CorporaCard(parent);
}

}  // namespace skd
