#include "plan/study_tables.h"

#include <algorithm>
#include <iterator>

namespace skd {

StudyTableModel::StudyTableModel(StudyDraft& draft, QStringList columns, int texts, QObject* parent)
    : QAbstractTableModel(parent), m_draft(draft), m_columns(std::move(columns)), m_texts(texts) {
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

int StudyTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(count());
}

int StudyTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant StudyTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    return orientation == Qt::Vertical ? QVariant(section + 1) : QVariant(m_columns.value(section));
}

QVariant StudyTableModel::data(const QModelIndex& index, int role) const {
    const bool asText = role == Qt::DisplayRole || role == Qt::EditRole;
    if (!index.isValid() || !asText || index.column() >= m_texts) return {};
    return text(index.row(), index.column());
}

bool StudyTableModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid() || role != Qt::EditRole) return false;
    const Status written = write(index.row(), index.column(), value.toString().trimmed());
    Q_EMIT problemReported(written ? QString() : QString::fromStdString(written.error().message));
    return written.has_value();
}

Qt::ItemFlags StudyTableModel::flags(const QModelIndex& index) const {
    if (!index.isValid()) return Qt::NoItemFlags;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable |
           (index.column() < m_texts ? Qt::ItemIsEditable : Qt::ItemIsUserCheckable);
}

void StudyTableModel::removeRow(int row) {
    if (row >= 0 && row < rowCount()) erase(row);
}

VariantsModel::VariantsModel(StudyDraft& draft, QObject* parent)
    : StudyTableModel(draft,
                      {tr("Variant"), tr("Fields that differ from the base"), tr("First seed only"),
                       tr("On the grid")},
                      OneSeed, parent) {}

std::size_t VariantsModel::count() const {
    return m_draft.rest().variants.size();
}

QString VariantsModel::text(int row, int column) const {
    const StudyVariant& variant = m_draft.rest().variants[row];
    return column == Name ? QString::fromStdString(variant.name)
                          : assignmentsText(variant.overrides);
}

QVariant VariantsModel::data(const QModelIndex& index, int role) const {
    if (index.isValid() && role == Qt::CheckStateRole && index.column() >= OneSeed) {
        const StudyVariant& variant = m_draft.rest().variants[index.row()];
        const bool on = index.column() == OneSeed ? variant.oneSeed : variant.grid;
        return static_cast<int>(on ? Qt::Checked : Qt::Unchecked);
    }
    if (index.isValid() && role == Qt::ToolTipRole && index.column() == Fields)
        return tr(
            "field=value; field=value. “variant:NAME” as model.path or teacher.path starts from "
            "what that variant ended with.");
    return StudyTableModel::data(index, role);
}

bool VariantsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid() || role != Qt::CheckStateRole)
        return StudyTableModel::setData(index, value, role);
    m_draft.edit(tr("change variant"), [&](StudySpec& s) {
        StudyVariant& variant = s.variants[index.row()];
        (index.column() == OneSeed ? variant.oneSeed : variant.grid) = value.toInt() == Qt::Checked;
    });
    return true;
}

Status VariantsModel::write(int row, int column, const QString& text) {
    if (column == Name) {
        if (text.isEmpty())
            return fail(ErrorCode::InvalidInput, tr("A variant needs a name.").toStdString());
        m_draft.edit(tr("rename variant"),
                     [&](StudySpec& s) { s.variants[row].name = text.toStdString(); });
        return {};
    }
    SKD_TRY(const Json fields, parseAssignments(text));
    m_draft.edit(tr("change variant"), [&](StudySpec& s) { s.variants[row].overrides = fields; });
    return {};
}

int VariantsModel::addRow() {
    m_draft.edit(tr("add variant"), [&](StudySpec& s) {
        std::size_t number = s.variants.size() + 1;
        const auto taken = [&](const std::string& name) {
            return std::any_of(s.variants.begin(), s.variants.end(),
                               [&](const auto& v) { return v.name == name; });
        };
        while (taken("variant " + std::to_string(number))) ++number;
        s.variants.emplace_back().name = "variant " + std::to_string(number);
    });
    return rowCount() - 1;
}

void VariantsModel::erase(int row) {
    m_draft.edit(tr("remove variant"),
                 [&](StudySpec& s) { s.variants.erase(s.variants.begin() + row); });
}

GridAxesModel::GridAxesModel(StudyDraft& draft, QObject* parent)
    : StudyTableModel(draft, {tr("Field"), tr("Values")}, 2, parent) {}

std::size_t GridAxesModel::count() const {
    return m_draft.rest().grid.size();
}

std::string GridAxesModel::fieldAt(int row) const {
    return std::next(m_draft.rest().grid.begin(), row)->first;
}

QString GridAxesModel::text(int row, int column) const {
    const std::string field = fieldAt(row);
    return column == Field ? QString::fromStdString(field)
                           : valuesText(m_draft.rest().grid.at(field));
}

Status GridAxesModel::write(int row, int column, const QString& text) {
    const std::string field = fieldAt(row), other = text.toStdString();
    if (column == Values) {
        SKD_TRY(const Json values, parseValues(field, text));
        m_draft.edit(tr("change grid"), [&](StudySpec& s) { s.grid[field] = values; });
        return {};
    }
    if (other == field) return {};
    if (m_draft.base().find(other) == nullptr) {
        Json spec = Json::object();
        SKD_CHECK(setRunField(spec, other, Json()));
        return fail(ErrorCode::InvalidInput,
                    tr("The grid accepts whole fields only.").toStdString());
    }
    m_draft.edit(tr("change grid"), [&](StudySpec& s) {
        s.grid.erase(field);
        s.grid[other] = Json::array({m_draft.base().value(other)});
    });
    return {};
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

void GridAxesModel::erase(int row) {
    m_draft.edit(tr("remove from grid"),
                 [&](StudySpec& s) { s.grid.erase(std::next(s.grid.begin(), row)); });
}

}  // namespace skd
