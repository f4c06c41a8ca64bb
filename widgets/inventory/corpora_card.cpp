#include "inventory/corpora_card.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "bridge/background.h"
#include "controls/empty_note.h"
#include "inventory/inventory_view.h"
#include "requests/corpus_tools.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

namespace {

GridCell count(std::int64_t value) {
    return {value > 0 ? formatCount(static_cast<double>(value)) : QStringLiteral("–"),
            static_cast<double>(value)};
}

GridModel::Row rowOf(const CorpusEntry& corpus) {
    const bool known = corpus.problem.empty();
    const QString path = QString::fromStdString(corpus.path.string());
    const QString from =
        corpus.shipped ? CorporaCard::tr("ships with the program")
                       : CorporaCard::tr("built of %1").arg(QString::fromStdString(corpus.shares));
    return {
        {.text = (known ? QString() : QStringLiteral("⚠ ")) + QString::fromStdString(corpus.name),
         .tip = known ? QStringLiteral("%1\n%2, %3")
                            .arg(path, from, formatMegabytes(static_cast<double>(corpus.bytes)))
                      : QString::fromStdString(corpus.problem)},
        count(corpus.documents),
        count(corpus.characters),
        {corpus.licence.empty() ? CorporaCard::tr("not known")
                                : QString::fromStdString(corpus.licence)}};
}

}  // namespace

CorporaCard::CorporaCard(QWidget* parent) : Card(tr("Corpora"), parent) {
    m_table = new InventoryView(tr("Corpora of this machine"),
                                {tr("Corpus"), tr("Documents"), tr("Characters"), tr("Licence")},
                                {0, 88, 88, 120}, this);
    m_table->setObjectName(QStringLiteral("data.corpora"));
    new EmptyNote(m_table, tr("No corpus is found. Those that ship lie in the program's resources; "
                              "“Add folder…” takes one that “sparsekd corpus build” made."));
    m_detail = makeLabel({}, static_cast<int>(TextRole::Small), "secondary", this);
    m_detail->setObjectName(QStringLiteral("data.corpusDetail"));
    m_detail->setWordWrap(true);
    body()->addWidget(m_table, 1);
    body()->addSpacing(4);
    body()->addWidget(m_detail);
    body()->addSpacing(4);
    buildButtons();
    connect(m_table, &InventoryView::chosen, this, &CorporaCard::refreshButtons);
    refreshButtons();
}

void CorporaCard::buildButtons() {
    m_run = new QPushButton(tr("Use in New run"), this);
    m_run->setObjectName(QStringLiteral("data.useCorpus"));
    m_check = new QPushButton(tr("Check files"), this);
    m_check->setObjectName(QStringLiteral("data.checkCorpus"));
    m_check->setToolTip(tr("Compares every file with the hash in the manifest"));
    m_forget = new QPushButton(tr("Forget"), this);
    m_forget->setObjectName(QStringLiteral("data.forgetCorpus"));
    m_forget->setToolTip(tr("Takes an added corpus off the list; its files stay"));
    auto* add = new QPushButton(tr("Add folder…"), this);
    add->setObjectName(QStringLiteral("data.addCorpus"));
    add->setToolTip(tr("A folder that “sparsekd corpus build” made"));
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    for (QPushButton* button : {m_run, m_check, m_forget}) row->addWidget(button);
    row->addStretch(1);
    row->addWidget(add);
    body()->addLayout(row);
    connect(m_run, &QPushButton::clicked, this, [this] {
        if (const CorpusEntry* corpus = current())
            Q_EMIT runRequested(corpus->shipped ? QString()
                                                : QString::fromStdString(corpus->path.string()));
    });
    connect(m_forget, &QPushButton::clicked, this, [this] {
        if (const CorpusEntry* corpus = current())
            Q_EMIT forgetRequested(QString::fromStdString(corpus->path.string()));
    });
    connect(m_check, &QPushButton::clicked, this, &CorporaCard::check);
    connect(add, &QPushButton::clicked, this, [this] {
        const QString folder = QFileDialog::getExistingDirectory(this, tr("Corpus folder"));
        if (!folder.isEmpty()) Q_EMIT addRequested(folder);
    });
}

const CorpusEntry* CorporaCard::current() const {
    const int row = m_table->current();
    return row >= 0 && row < static_cast<int>(m_corpora.size())
               ? &m_corpora[static_cast<std::size_t>(row)]
               : nullptr;
}

void CorporaCard::refreshButtons() {
    const CorpusEntry* corpus = current();
    const bool sound = corpus != nullptr && corpus->problem.empty();
    m_run->setEnabled(sound);
    m_check->setEnabled(sound && !corpus->shipped && !m_checking);
    m_forget->setEnabled(corpus != nullptr &&
                         m_added.contains(QString::fromStdString(corpus->path.string())));
    QString text =
        tr("The first four ship with the program and are the mixture a run takes by itself.");
    if (corpus != nullptr && !sound)
        text = QStringLiteral("⚠ ") + QString::fromStdString(corpus->problem);
    else if (corpus != nullptr && !corpus->shipped)
        text = tr("%1: %2 samples asked for, shares %3, %4 tokens")
                   .arg(QString::fromStdString(corpus->path.string()),
                        formatCount(static_cast<double>(corpus->samples)),
                        QString::fromStdString(corpus->shares),
                        formatCount(static_cast<double>(corpus->tokens)));
    m_detail->setText(text);
    setTone(m_detail, corpus != nullptr && !sound ? "bad" : "secondary");
}

void CorporaCard::check() {
    const CorpusEntry* corpus = current();
    if (corpus == nullptr || m_checking) return;
    m_checking = true;
    refreshButtons();
    const QString name = QString::fromStdString(corpus->name);
    Q_EMIT said(tr("Comparing the files of %1 with its manifest…").arg(name));
    inBackground<Result<Json>>(
        this, [path = corpus->path] { return showCorpus(path); },
        [this, name](const Result<Json>& shown) {
            m_checking = false;
            refreshButtons();
            Q_EMIT said(shown ? tr("Every file of %1 is as its manifest describes it.").arg(name)
                              : QString::fromStdString(shown.error().message));
        });
}

void CorporaCard::set(std::vector<CorpusEntry> corpora, const QStringList& added) {
    m_corpora = std::move(corpora);
    m_added = added;
    GridModel::Rows rows;
    for (const CorpusEntry& corpus : m_corpora) rows.push_back(rowOf(corpus));
    m_table->set(std::move(rows));
    refreshButtons();
}

}  // namespace skd
