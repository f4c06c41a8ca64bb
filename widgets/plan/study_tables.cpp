#include "plan/study_tables.h"

#include <algorithm>
#include <iterator>

namespace skd {

namespace {
constexpr Qt::ItemFlags kPlain = Qt::ItemIsEnabled | Qt::ItemIsSelectable;
}

StudyTableModel::StudyTableModel(StudyDraft& draft, QObject* parent)
    : QAbstractTableModel(parent), m_draft(draft) {
    connect(&m_draft, &StudyDraft::changed, this, &StudyTableModel::follow);
}

void StudyTableModel::follow() {
    const int rows = rowCount();
    if (rows == m_rows && rows > 0) {
        Q_EMIT dataChanged(index(0, 0), index(rows - 1, columnCount() - 1));
        return;
    }
    beginResetModel();
    m_rows = rows;
    endResetModel();
}

int StudyTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant StudyTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    return orientation == Qt::Vertical ? QVariant(section + 1) : QVariant(m_columns.value(section));
}

bool StudyTableModel::accept(const Status& status) {
    Q_EMIT problemReported(status ? QString() : QString::fromStdString(status.error().message));
    return static_cast<bool>(status);
}

VariantsModel::VariantsModel(StudyDraft& draft, QObject* parent) : StudyTableModel(draft, parent) {
    m_columns = {tr("Variant"), tr("Fields that differ from the base"), tr("First seed only"),
                 tr("On the grid")};
}

int VariantsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_draft.rest().variants.size());
}

QVariant VariantsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const StudyVariant& variant = m_draft.rest().variants[index.row()];
    if (role == Qt::CheckStateRole && index.column() == OneSeed)
        return static_cast<int>(variant.oneSeed ? Qt::Checked : Qt::Unchecked);
    if (role == Qt::CheckStateRole && index.column() == Grid)
        return static_cast<int>(variant.grid ? Qt::Checked : Qt::Unchecked);
    if (role == Qt::ToolTipRole && index.column() == Fields)
        return tr(
            "field=value; field=value. “variant:NAME” as model.path or teacher.path starts from "
            "what that variant ended with.");
    if (role != Qt::DisplayRole && role != Qt::EditRole) return {};
    if (index.column() == Name) return QString::fromStdString(variant.name);
    if (index.column() == Fields) return assignmentsText(variant.overrides);
    return {};
}

bool VariantsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid()) return false;
    const auto at = static_cast<std::size_t>(index.row());
    const bool on = value.toInt() == Qt::Checked;
    if (role == Qt::CheckStateRole) {
        m_draft.edit(tr("change variant"), [&](StudySpec& s) {
            (index.column() == OneSeed ? s.variants[at].oneSeed : s.variants[at].grid) = on;
        });
        return true;
    }
    if (role != Qt::EditRole) return false;
    const std::string name = value.toString().trimmed().toStdString();
    if (index.column() == Name) {
        if (name.empty())
            return accept(
                fail(ErrorCode::InvalidInput, tr("A variant needs a name.").toStdString()));
        m_draft.edit(tr("rename variant"), [&](StudySpec& s) { s.variants[at].name = name; });
        return accept({});
    }
    const auto fields = parseAssignments(value.toString());
    if (!fields) return accept(fail(fields.error()));
    m_draft.edit(tr("change variant"), [&](StudySpec& s) { s.variants[at].overrides = *fields; });
    return accept({});
}

Qt::ItemFlags VariantsModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::NoItemFlags;
    return index.column() <= Fields ? kPlain | Qt::ItemIsEditable
                                    : kPlain | Qt::ItemIsUserCheckable;
}

int VariantsModel::addRow() {
    m_draft.edit(tr("add variant"), [&](StudySpec& s) {
        std::size_t number = s.variants.size() + 1;
        const auto taken = [&](const std::string& name) {
            return std::any_of(s.variants.begin(), s.variants.end(),
                               [&](const auto& v) { return v.name == name; });
        };
        while (taken("variant " + std::to_string(number))) ++number;
        StudyVariant variant;
        variant.name = "variant " + std::to_string(number);
        s.variants.push_back(std::move(variant));
    });
    return rowCount() - 1;
}

void VariantsModel::removeRow(int row) {
    if (row < 0 || row >= rowCount()) return;
    m_draft.edit(tr("remove variant"),
                 [&](StudySpec& s) { s.variants.erase(s.variants.begin() + row); });
}

GridAxesModel::GridAxesModel(StudyDraft& draft, QObject* parent) : StudyTableModel(draft, parent) {
    m_columns = {tr("Field"), tr("Values")};
}

int GridAxesModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_draft.rest().grid.size());
}

std::string GridAxesModel::fieldAt(int row) const {
    return std::next(m_draft.rest().grid.begin(), row)->first;
}

QVariant GridAxesModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::EditRole)) return {};
    const std::string field = fieldAt(index.row());
    return index.column() == Field ? QString::fromStdString(field)
                                   : valuesText(m_draft.rest().grid.at(field));
}

bool GridAxesModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid() || role != Qt::EditRole) return false;
    const std::string field = fieldAt(index.row()), text = value.toString().trimmed().toStdString();
    if (index.column() == Values) {
        const auto values = parseValues(field, value.toString());
        if (!values) return accept(fail(values.error()));
        m_draft.edit(tr("change grid"), [&](StudySpec& s) { s.grid[field] = *values; });
        return accept({});
    }
    if (text == field) return true;
    const FieldDescription* found = m_draft.base().find(text);
    if (found == nullptr) {
        Json spec = Json::object();
        const Status known = setRunField(spec, text, Json());
        return accept(known ? Status(fail(ErrorCode::InvalidInput,
                                          tr("The grid accepts whole fields only.").toStdString()))
                            : known);
    }
    m_draft.edit(tr("change grid"), [&](StudySpec& s) {
        s.grid.erase(field);
        s.grid[text] = Json::array({m_draft.base().value(text)});
    });
    return accept({});
}

Qt::ItemFlags GridAxesModel::flags(const QModelIndex& index) const {
    return index.isValid() ? kPlain | Qt::ItemIsEditable : Qt::NoItemFlags;
}

int GridAxesModel::addRow() {
    std::string added = "prune.target";
    for (const FieldDescription& field : m_draft.base().fields()) {
        if (!m_draft.rest().grid.contains(added)) break;
        if (field.type == "number" || field.type == "choice") added = field.path;
    }
    m_draft.edit(tr("add to grid"),
                 [&](StudySpec& s) { s.grid[added] = Json::array({m_draft.base().value(added)}); });
    return static_cast<int>(
        std::distance(m_draft.rest().grid.begin(), m_draft.rest().grid.find(added)));
}

void GridAxesModel::removeRow(int row) {
    if (row < 0 || row >= rowCount()) return;
    const std::string field = fieldAt(row);
    m_draft.edit(tr("remove from grid"), [&](StudySpec& s) { s.grid.erase(field); });
}

}  // namespace skd
