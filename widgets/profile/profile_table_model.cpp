#include "profile/profile_table_model.h"

#include <cmath>
#include <map>

#include "charts/view_table.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr int kModuleRole = kExactValueRole + 1;

QStandardItem* makeItem(const QString& text, const QVariant& key, Qt::Alignment side) {
    auto* item = new QStandardItem(text);
    item->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
    item->setData(key, Qt::UserRole);
    item->setData(static_cast<int>(side | Qt::AlignVCenter), Qt::TextAlignmentRole);
    return item;
}

QStandardItem* makeFigure(double value, const QString& text) {
    auto* item = makeItem(text, std::isnan(value) ? -1.0 : value, Qt::AlignRight);
    item->setData(value, kExactValueRole);
    return item;
}

/// A line of the table from what was timed; NaN: no such figure.
template <class Time>
QList<QStandardItem*> makeLine(const QString& name, const Time& time, double gflops, double ratio) {
    auto* item = makeItem(name, name, Qt::AlignLeft);
    item->setToolTip(name);
    item->setData(static_cast<int>(time.module), kModuleRole);
    const auto calls = static_cast<double>(time.calls);
    return {item,
            makeFigure(time.seconds, formatSpan(time.seconds)),
            makeFigure(time.share, formatPercent(time.share)),
            makeFigure(calls, formatCount(calls)),
            makeFigure(gflops, formatValue(gflops)),
            makeFigure(ratio, formatFactor(ratio))};
}

}  // namespace

ProfileTableModel::ProfileTableModel(QObject* parent) : QStandardItemModel(parent) {
    const std::pair<QString, QString> columns[] = {
        {tr("Part"), tr("parts of the decoder; below them the operators they ran")},
        {tr("Self time"),
         tr("of the typical round, without what is nested inside; parts add up to the whole")},
        {tr("Share"), tr("of the typical round's wall time")},
        {tr("Calls"), {}},
        {tr("GFLOP/s"), tr("of matrix products: FLOPs of one forward pass / median time")},
        {tr("× first"), tr("time / the first model's time in the same part")}};
    for (const auto& [title, tip] : columns) {
        auto* item = makeItem(title, {}, columnCount() == Name ? Qt::AlignLeft : Qt::AlignRight);
        item->setToolTip(tip);
        setHorizontalHeaderItem(columnCount(), item);
    }
}

void ProfileTableModel::setProfile(const ModelProfile* model, const ModelProfile* first) {
    removeRows(0, rowCount());
    if (model == nullptr) return;
    std::map<Module, double> before;
    std::map<std::pair<Module, std::string>, double> operatorsBefore;
    if (first != nullptr && first != model) {
        for (const ModuleTime& time : first->modules) before[time.module] = time.seconds;
        for (const OperatorTime& time : first->operators)
            operatorsBefore[{time.module, time.name}] = time.seconds;
    }
    const auto ratio = [](const auto& seconds, const auto& key, double now) {
        const auto found = seconds.find(key);
        return found != seconds.end() && found->second > 0 ? now / found->second : std::nan("");
    };
    std::map<Module, QStandardItem*> parts;
    for (const ModuleTime& time : model->modules) {
        const auto line = makeLine(moduleText(time.module), time,
                                   time.flops > 0 ? time.gflopsPerSecond() : std::nan(""),
                                   ratio(before, time.module, time.seconds));
        parts[time.module] = line.front();
        appendRow(line);
    }
    for (const OperatorTime& time : model->operators)
        if (const auto found = parts.find(time.module); found != parts.end())
            found->second->appendRow(
                makeLine(QString::fromStdString(time.name), time, std::nan(""),
                         ratio(operatorsBefore, std::pair(time.module, time.name), time.seconds)));
}

Module ProfileTableModel::moduleOf(const QModelIndex& index) {
    return static_cast<Module>(index.siblingAtColumn(Name).data(kModuleRole).toInt());
}

}  // namespace skd
