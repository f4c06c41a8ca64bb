#include "plan/study_card.h"

#include <QCompleter>
#include <QGridLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QTabWidget>
#include <QTableView>
#include <tuple>

#include "controls/build.h"
#include "plan/spec_form.h"
#include "plan/study_tables.h"
#include "spec/study_scale.h"
#include "style/format.h"

namespace skd {

namespace {

/// Offers the fields of a run while one is typed.
class FieldDelegate : public QStyledItemDelegate {
public:
    FieldDelegate(const SpecDraft& draft, QObject* parent) : QStyledItemDelegate(parent) {
        for (const FieldDescription& field : draft.fields())
            m_paths << QString::fromStdString(field.path);
    }
    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem&,
                          const QModelIndex&) const override {
        auto* line = new QLineEdit(parent);
        auto* completer = new QCompleter(m_paths, line);
        completer->setFilterMode(Qt::MatchContains);
        completer->setCaseSensitivity(Qt::CaseInsensitive);
        line->setCompleter(completer);
        return line;
    }

private:
    QStringList m_paths;
};

}  // namespace

StudyCard::StudyCard(StudyDraft& draft, QWidget* parent)
    : Card(tr("New study"), parent), m_draft(draft) {
    buildHead();
    auto* form = new SpecForm(draft.base(), this);
    m_tabs = named(new QTabWidget(this), "study.tabs", tr("Parts of the study"));
    m_tabs->setDocumentMode(true);
    auto* variants = addTable(new VariantsModel(draft, this), QStringLiteral("variants"),
                              tr("Variants"), tr("Add variant"));
    auto* grid = addTable(new GridAxesModel(draft, this), QStringLiteral("grid"), tr("Grid"),
                          tr("Add field"));
    m_tabs->addTab(form, tr("Base"));
    variants->horizontalHeader()->setSectionResizeMode(VariantsModel::Fields, QHeaderView::Stretch);
    variants->setColumnWidth(VariantsModel::Name, 130);
    variants->setColumnWidth(VariantsModel::OneSeed, 126);
    grid->setItemDelegateForColumn(GridAxesModel::Field, new FieldDelegate(draft.base(), grid));
    grid->horizontalHeader()->setSectionResizeMode(GridAxesModel::Values, QHeaderView::Stretch);
    grid->setColumnWidth(GridAxesModel::Field, 200);
    m_problem = wrapped(makeLabel({}, TextRole::Small, "bad", this, "study.problem"));
    m_problem->hide();
    addAll(body(), {{m_tabs, 1}, m_problem});
    connect(&m_draft, &StudyDraft::changed, this, &StudyCard::refresh);
    refresh();
}

void StudyCard::buildHead() {
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    m_name = new QLineEdit(this);
    m_seeds = new QLineEdit(this);
    m_scale = new NumberLine({1e-6, 1, false}, this);
    m_scaleNote = wrapped(makeLabel({}, TextRole::Small, "secondary", this));
    const std::tuple<QWidget*, QString, QString> rows[] = {
        {m_name, tr("Name"), QStringLiteral("study.name")},
        {m_seeds, tr("Seeds"), QStringLiteral("study.seeds")},
        {m_scale, tr("Scale"), QStringLiteral("study.scale")}};
    int column = 0;
    for (const auto& [editor, name, key] : rows) {
        named(editor, key, name);
        auto* label = makeLabel(name, TextRole::Small, "secondary", this);
        label->setBuddy(editor);
        grid->addWidget(label, 0, column);
        grid->addWidget(editor, 1, column++);
    }
    grid->setColumnStretch(0, 2);
    grid->setColumnStretch(1, 2);
    grid->setColumnStretch(2, 1);
    m_name->setToolTip(
        tr("A study of this name with the same fields is resumed; its complete runs are not run "
           "again"));
    m_seeds->setToolTip(tr("Each variant runs once with each; commas between them"));
    m_scale->setToolTip(QString::fromUtf8(scaleRule()));
    addAll(body(), {grid, m_scaleNote, gap(6)});
    connect(m_name, &QLineEdit::textEdited, this, [this](const QString& text) {
        m_draft.edit(
            tr("name of the study"), [&](StudySpec& s) { s.name = text.trimmed().toStdString(); },
            QStringLiteral("name"));
    });
    connect(m_seeds, &QLineEdit::textEdited, this, [this](const QString& text) {
        const auto seeds = parseSeeds(text);
        complain(seeds ? QString() : QString::fromStdString(seeds.error().message));
        if (seeds)
            m_draft.edit(
                tr("seeds"), [&](StudySpec& s) { s.seeds = *seeds; }, QStringLiteral("seeds"));
    });
    connect(m_scale, &QLineEdit::textEdited, this, [this](const QString& text) {
        bool number = false;
        const double value = text.toDouble(&number);
        const bool fits = number && value >= 1e-6 && value <= 1;
        complain(fits ? QString()
                      : tr("The scale is a share of the corpus between 0.000001 and 1."));
        if (fits)
            m_draft.edit(
                tr("scale"), [&](StudySpec& s) { s.scale = value; }, QStringLiteral("scale"));
    });
}

QTableView* StudyCard::addTable(StudyTableModel* model, const QString& key, const QString& name,
                                const QString& add) {
    auto* tab = new QWidget(this);
    auto* layout = makeColumn(-1, tab, {0, 6, 0, 0});
    auto* table = named(new QTableView(tab), QLatin1String("study.") + key, name);
    table->setModel(model);
    table->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                           QAbstractItemView::AnyKeyPressed);
    showAsRows(*table, 28);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    auto* more = makeButton(add, QLatin1String("study.add.") + key, {}, tab);
    auto* less = makeButton(tr("Remove"), QLatin1String("study.remove.") + key, {}, tab);
    addAll(layout, {{table, 1}, addAll(makeRow(), {more, less, rest()})});
    connect(more, &QPushButton::clicked, this,
            [table, model] { table->setCurrentIndex(model->index(model->addRow(), 0)); });
    connect(less, &QPushButton::clicked, this,
            [table, model] { model->removeRow(table->currentIndex().row()); });
    connect(model, &StudyTableModel::problemReported, this, &StudyCard::complain);
    m_tabs->addTab(tab, name);
    return table;
}

void StudyCard::refresh() {
    const StudySpec& study = m_draft.rest();
    if (m_name->text().trimmed().toStdString() != study.name)
        m_name->setText(QString::fromStdString(study.name));
    const auto typed = parseSeeds(m_seeds->text());
    if (typed ? *typed != study.seeds : !m_seeds->hasFocus())
        m_seeds->setText(seedsText(study.seeds));
    if (m_scale->text().toDouble() != study.scale)
        m_scale->setText(QString::number(study.scale, 'g', 6));
    m_tabs->setTabText(0, tr("Variants (%1)").arg(study.variants.size()));
    m_tabs->setTabText(1, tr("Grid (%1)").arg(study.grid.size()));
    m_tabs->setTabText(2, tr("Base (%1 changed)").arg(m_draft.base().changes().size()));
    m_scaleNote->setText(
        study.about.empty()
            ? tr("Every variant runs at every combination of the grid, once with each seed.")
            : QString::fromStdString(study.about));
}

/// A sentence about what was typed; "" takes it away.
void StudyCard::complain(const QString& message) {
    m_problem->setText(message.isEmpty() ? QString() : QStringLiteral("⚠ ") + message);
    m_problem->setVisible(!message.isEmpty());
}

}  // namespace skd
