#include "profile/profile_table_model.h"

#include <cmath>
#include <map>

#include "charts/view_table.h"
#include "style/format.h"

namespace skd {

namespace {

/// Rows of modules carry 0; rows of operators the row of their module, from 1.
constexpr quintptr kTop = 0;

}  // namespace

void ProfileTableModel::setProfile(const ModelProfile* model, const ModelProfile* first) {
    beginResetModel();
    m_parts.clear();
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
    std::map<Module, std::size_t> place;
    for (const ModuleTime& time : model != nullptr ? model->modules : std::vector<ModuleTime>()) {
        place[time.module] = m_parts.size();
        m_parts.push_back(
            {time.module,
             {moduleText(time.module), time.seconds, time.share, static_cast<double>(time.calls),
              time.flops > 0 ? time.gflopsPerSecond() : std::nan(""),
              ratio(before, time.module, time.seconds)},
             {}});
    }
    for (const OperatorTime& time :
         model != nullptr ? model->operators : std::vector<OperatorTime>())
        if (const auto found = place.find(time.module); found != place.end())
            m_parts[found->second].operators.push_back(
                {QString::fromStdString(time.name), time.seconds, time.share,
                 static_cast<double>(time.calls), std::nan(""),
                 ratio(operatorsBefore, std::pair(time.module, time.name), time.seconds)});
    endResetModel();
}

Module ProfileTableModel::moduleOf(const QModelIndex& index) const {
    const auto part = index.internalId() == kTop ? static_cast<std::size_t>(index.row())
                                                 : static_cast<std::size_t>(index.internalId() - 1);
    return m_parts[part].module;
}

const ProfileTableModel::Line& ProfileTableModel::lineOf(const QModelIndex& index) const {
    const auto row = static_cast<std::size_t>(index.row());
    if (index.internalId() == kTop) return m_parts[row].line;
    return m_parts[index.internalId() - 1].operators[row];
}

QModelIndex ProfileTableModel::index(int row, int column, const QModelIndex& parent) const {
    if (!hasIndex(row, column, parent)) return {};
    return createIndex(row, column,
                       parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : kTop);
}

QModelIndex ProfileTableModel::parent(const QModelIndex& index) const {
    if (!index.isValid() || index.internalId() == kTop) return {};
    return createIndex(static_cast<int>(index.internalId()) - 1, 0, kTop);
}

int ProfileTableModel::rowCount(const QModelIndex& parent) const {
    if (!parent.isValid()) return static_cast<int>(m_parts.size());
    if (parent.internalId() != kTop || parent.column() != 0) return 0;
    return static_cast<int>(m_parts[parent.row()].operators.size());
}

int ProfileTableModel::columnCount(const QModelIndex&) const {
    return ColumnCount;
}

double ProfileTableModel::value(const Line& line, int column) {
    switch (column) {
        case SelfTime:
            return line.seconds;
        case Share:
            return line.share;
        case Calls:
            return line.calls;
        case Flops:
            return line.gflops;
        default:
            return line.ratio;
    }
}

QVariant ProfileTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Line& line = lineOf(index);
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((index.column() == Name ? Qt::AlignLeft : Qt::AlignRight) |
                                Qt::AlignVCenter);
    if (role == kExactValueRole && index.column() != Name) return value(line, index.column());
    if (role == Qt::UserRole) {
        if (index.column() == Name) return line.name;
        const double number = value(line, index.column());
        return std::isnan(number) ? -1.0 : number;
    }
    if (role == Qt::ToolTipRole && index.column() == Name) return line.name;
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Name:
            return line.name;
        case SelfTime:
            return formatSpan(line.seconds);
        case Share:
            return formatPercent(line.share);
        case Calls:
            return formatCount(line.calls);
        case Flops:
            return formatValue(line.gflops);
        default:
            return formatFactor(line.ratio);
    }
}

QVariant ProfileTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((section == Name ? Qt::AlignLeft : Qt::AlignRight) |
                                Qt::AlignVCenter);
    const std::pair<QString, QString> columns[] = {
        {tr("Part"), tr("parts of the decoder; below them the operators they ran")},
        {tr("Self time"),
         tr("of the typical round, without what is nested inside; parts add up to the whole")},
        {tr("Share"), tr("of the typical round's wall time")},
        {tr("Calls"), {}},
        {tr("GFLOP/s"), tr("of matrix products: FLOPs of one forward pass / median time")},
        {tr("× first"), tr("time / the first model's time in the same part")}};
    if (role == Qt::DisplayRole) return columns[section].first;
    if (role == Qt::ToolTipRole) return columns[section].second;
    return {};
}

}  // namespace skd
