#include "controls/model_picker.h"

#include <QLineEdit>
#include <QSignalBlocker>

namespace skd {

ModelPicker::ModelPicker(const QString& name, const QString& placeholder, QWidget* parent)
    : QComboBox(parent) {
    setAccessibleName(name);
    setEditable(true);
    setInsertPolicy(QComboBox::NoInsert);
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(12);
    lineEdit()->setPlaceholderText(placeholder);
    lineEdit()->setAccessibleName(name);
    setToolTip(
        tr("A Hugging Face folder, a .gguf file, a name under .deps/models, or run:7 for the model "
           "of a run"));
    connect(this, &QComboBox::editTextChanged, this, [this] {
        if (m_filling) return;
        m_touched = true;
        Q_EMIT pathChanged();
    });
}

void ModelPicker::setChoices(const QStringList& paths,
                             const std::function<QString(const QString&)>& title) {
    const QString kept = path();
    const QSignalBlocker quiet(this);
    clear();
    for (const QString& one : paths) {
        addItem(title(one), one);
        setItemData(count() - 1, one, Qt::ToolTipRole);
    }
    fillIn(kept);
}

/// As the choice it is, else as it is.
void ModelPicker::fillIn(const QString& path) {
    m_filling = true;
    const int at = findData(path);
    setCurrentIndex(at);
    setEditText(at >= 0 ? itemText(at) : path);
    lineEdit()->setCursorPosition(0);  // a long name shows its begin
    m_filling = false;
}

QString ModelPicker::path() const {
    const QString typed = currentText().trimmed();
    const int at = findText(typed, Qt::MatchExactly | Qt::MatchCaseSensitive);
    return at >= 0 ? itemData(at).toString() : typed;
}

void ModelPicker::setPath(const QString& path) {
    if (path == this->path()) return;
    fillIn(path);
    Q_EMIT pathChanged();
}

}  // namespace skd
