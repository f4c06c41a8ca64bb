#include "profile/profile_cards.h"

#include <QHeaderView>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTreeView>

#include "charts/views/speed_up_chart.h"
#include "charts/views/time_line.h"
#include "controls/build.h"
#include "profile/profile_table_model.h"
#include "style/format.h"

namespace skd {

namespace {

/// "Typical round · svd-15" while a model is shown.
void setTitleOf(Card& card, const QString& title, const ModelProfile* model,
                const ModelNames& names) {
    card.setTitle(model == nullptr
                      ? title
                      : QStringLiteral("%1 · %2").arg(
                            title, names.shortTitle(QString::fromStdString(model->name))));
}

/// The table of a ModuleTableCard: what is selected in it is selected in the state.
class ModuleTable : public QTreeView {
public:
    ModuleTable(ProfileState& state, QWidget* parent) : QTreeView(parent), m_state(state) {
        m_sorted->setSourceModel(m_model);
        m_sorted->setSortRole(Qt::UserRole);
        setModel(m_sorted);
        setSortingEnabled(true);
        sortByColumn(ProfileTableModel::SelfTime, Qt::DescendingOrder);
        setSelectionMode(QAbstractItemView::ExtendedSelection);
        setUniformRowHeights(true);
        setIndentation(14);
        setMinimumHeight(90);
        header()->setStretchLastSection(false);
        header()->setSectionResizeMode(QHeaderView::ResizeToContents);
        header()->setSectionResizeMode(ProfileTableModel::Name, QHeaderView::Stretch);
    }

    void fill(const ModelProfile* model) {
        m_showing = true;
        m_model->setProfile(model,
                            model != nullptr ? &m_state.profile()->report.models.front() : nullptr);
        m_showing = false;
        showSelection();
    }

    void showSelection() {
        if (m_showing) return;
        m_showing = true;
        QItemSelection chosen;
        for (int row = 0; row < m_sorted->rowCount(); ++row) {
            const QModelIndex index = m_sorted->index(row, 0);
            if (m_state.selected().test(placeOf(index)))
                chosen.select(index, index.siblingAtColumn(ProfileTableModel::ColumnCount - 1));
        }
        selectionModel()->select(chosen, QItemSelectionModel::ClearAndSelect);
        if (!chosen.isEmpty()) scrollTo(chosen.indexes().front());
        m_showing = false;
    }

protected:
    void selectionChanged(const QItemSelection& now, const QItemSelection& before) override {
        QTreeView::selectionChanged(now, before);
        if (m_showing) return;
        ModuleSet modules;
        for (const QModelIndex& index : selectionModel()->selectedRows())
            modules.set(placeOf(index));
        m_showing = true;  // what the user selected stays as it is
        m_state.select(modules);
        m_showing = false;
    }

private:
    static std::size_t placeOf(const QModelIndex& index) {
        return static_cast<std::size_t>(ProfileTableModel::moduleOf(index));
    }

    ProfileState& m_state;
    ProfileTableModel* m_model = new ProfileTableModel(this);
    QSortFilterProxyModel* m_sorted = new QSortFilterProxyModel(this);
    bool m_showing = false;
};

QString recordText(const ProfileRecord& record) {
    return record.scope ? moduleText(record.module) : QString::fromStdString(record.name);
}

QString recordTip(const ProfileRecord& record) {
    const QString name =
        record.scope ? moduleText(record.module)
                     : ProfileState::tr("%1 · in %2")
                           .arg(QString::fromStdString(record.name), moduleText(record.module));
    return ProfileState::tr("%1\n%2, of which itself %3 · from %4 on")
        .arg(name, formatSpan(static_cast<double>(record.endNs - record.beginNs) * 1e-9),
             formatSpan(static_cast<double>(record.selfNs) * 1e-9),
             formatSpan(static_cast<double>(record.beginNs) * 1e-9));
}

std::vector<SpeedUpChart::Entry> speedUps(const ProfileState& state, const ModelNames& names) {
    std::vector<SpeedUpChart::Entry> entries;
    const std::size_t count = state.profile() ? state.profile()->report.models.size() : 0;
    for (std::size_t i = 1; i < count; ++i) {
        const ModelProfile& model = state.profile()->report.models[i];
        const ProfileComparison& c = model.comparison;
        const QString name = names.shortTitle(QString::fromStdString(model.name));
        const QString tip =
            ProfileState::tr("%1: %2 measured (quartiles %3 to %4), %5 predicted, at most %6")
                .arg(name, formatFactor(c.speedUp.median), formatFactor(c.speedUp.low),
                     formatFactor(c.speedUp.high), formatFactor(c.predicted),
                     formatFactor(c.ceiling));
        entries.push_back(
            {name, tip, c.speedUp.median, c.speedUp.low, c.speedUp.high, c.predicted, c.ceiling});
    }
    return entries;
}

TimeLine::Content contentOf(const ProfileState& state, const ThemeColors& colors) {
    const ModelProfile* model = state.shownModel();
    if (model == nullptr) return {};
    const ShownProfilePtr& profile = state.profile();
    return {std::shared_ptr<const std::vector<ProfileRecord>>(profile, &model->timeline),
            profile->rows[state.model()], moduleColors(colors, state.grouping()), recordText,
            recordTip};
}

}  // namespace

Card* makeModuleTableCard(ProfileState& state, ModelNames& names, QWidget* parent) {
    auto* card = new Card({}, parent);
    auto* table = named(new ModuleTable(state, card), "profile.table",
                        ProfileState::tr("Self time by part and operator"));
    addEmptyNote(table, ProfileState::tr("The time of every part of the model in a pass, once one "
                                         "is measured."));
    card->body()->addWidget(table, 1);
    const auto fill = [card, table, &state, &names] {
        table->fill(state.shownModel());
        setTitleOf(*card, ProfileState::tr("Parts and operators"), state.shownModel(), names);
    };
    for (auto signal : {&ProfileState::profileChanged, &ProfileState::modelChanged})
        QObject::connect(&state, signal, card, fill);
    QObject::connect(&names, &ModelNames::changed, card, fill);
    QObject::connect(&state, &ProfileState::selectionChanged, table, &ModuleTable::showSelection);
    fill();
    return card;
}

Card* makeSpeedUpCard(ProfileState& state, ModelNames& names, QWidget* parent) {
    auto* card = new Card(ProfileState::tr("Speed-up and Amdahl's ceiling"), parent);
    auto* chart =
        named(new SpeedUpChart(ProfileState::tr("Speed-up of every model against the first"), card),
              "profile.speedUp");
    chart->setEmptyText(ProfileState::tr(
        "Measure a pruned model beside the dense one: select its run in the list of runs."));
    auto* legend =
        makeLabel(ProfileState::tr("█ measured  ◇ predicted"), TextRole::Small, "secondary", card);
    legend->setToolTip(ProfileState::tr(
        "predicted: the first model's MLP products shrink by their FLOPs, nothing else "
        "changes\nceiling: they need no time at all, 1 / (1 − their share)"));
    card->addControl(legend);
    card->body()->addWidget(chart, 1);
    const auto draw = [chart, &state, &names] { chart->setEntries(speedUps(state, names)); };
    QObject::connect(&state, &ProfileState::profileChanged, chart, draw);
    QObject::connect(&names, &ModelNames::changed, chart, draw);
    draw();
    return card;
}

Card* makeTimeLineCard(ProfileState& state, ModelNames& names, QWidget* parent) {
    auto* card = new Card({}, parent);
    auto* line = named(new TimeLine(ProfileState::tr("Time line of the typical round"), card),
                       "profile.timeline");
    line->setEmptyText(
        ProfileState::tr("Every operator of a typical round in its order, once one is measured."));
    line->setToolTip({});
    auto* whole = makeButton(
        ProfileState::tr("whole round"), "profile.whole",
        ProfileState::tr("Wheel or ↑ ↓ zoom, dragging or ← → pan, a double click shows one record; "
                         "Home shows the whole round"),
        card);
    whole->setProperty("link", true);
    whole->setFont(textFont(TextRole::Small));
    card->addControl(whole);
    card->body()->addWidget(line, 1);
    const auto drawSelection = [line, &state] {
        std::vector<bool> modules(state.selected().size());
        for (std::size_t i = 0; i < modules.size(); ++i) modules[i] = state.selected().test(i);
        line->setHighlighted(modules);
    };
    const auto draw = [card, line, drawSelection, &state, &names] {
        line->setContent(contentOf(state, themeColors(card)));
        setTitleOf(*card, ProfileState::tr("Typical round"), state.shownModel(), names);
        if (state.shownModel() != nullptr) drawSelection();
    };
    for (auto signal : {&ProfileState::profileChanged, &ProfileState::modelChanged,
                        &ProfileState::groupingChanged})
        QObject::connect(&state, signal, card, draw);
    QObject::connect(&names, &ModelNames::changed, card, draw);
    QObject::connect(&state, &ProfileState::selectionChanged, card, drawSelection);
    QObject::connect(whole, &QPushButton::clicked, line, &TimeLine::zoomWhole);
    QObject::connect(line, &TimeLine::picked, card, [&state](std::uint32_t record) {
        state.select(moduleSet({state.shownModel()->timeline[record].module}));
    });
    QObject::connect(line, &TimeLine::pickedNothing, card, [&state] { state.select({}); });
    draw();
    whenChanged(card, QEvent::PaletteChange, draw);
    return card;
}

}  // namespace skd
