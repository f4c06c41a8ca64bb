#include "plan/field_row.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "controls/build.h"
#include "spec/config_diff.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr int kNameWidth = 116, kEditorWidth = 208, kHelpWidth = 150;

bool isNumber(const FieldDescription& field) {
    return field.type == "number" || field.type == "integer";
}

/// What a user typed, as JSON; text that is none stays text, and the reader says what was
/// expected.
Json typed(const FieldDescription& field, const QString& text) {
    if (field.type == "text" || field.type == "choice") return text.toStdString();
    const auto json = parseJson(text.toStdString());
    const bool fits = json && (isNumber(field) ? json->is_number() : json->is_structured());
    return fits ? *json : Json(text.toStdString());
}

/// A value as its line shows it.
QString shown(const Json& value) {
    return QString::fromStdString(value.is_string() ? valueOr(value, "") : dumpJson(value));
}

QString rangeText(const FieldDescription& field) {
    const bool low = std::isfinite(field.info.minimum), high = std::isfinite(field.info.maximum);
    if (!isNumber(field) || (!low && !high)) return {};
    return FieldRow::tr("%1 to %2")
        .arg(formatTick(field.info.minimum), formatTick(field.info.maximum));
}

/// "calibration_tokens" -> "calibration tokens".
QString fieldLabel(const std::string& path) {
    return QString::fromStdString(path.substr(path.rfind('.') + 1))
        .replace(QLatin1Char('_'), QLatin1Char(' '));
}

}  // namespace

FieldRow::FieldRow(SpecDraft& draft, const FieldDescription& field, QWidget* parent)
    : QWidget(parent), m_draft(draft), m_field(field) {
    const QString path = QString::fromStdString(field.path);
    named(this, QLatin1String("row.") + path);
    m_name = makeLabel(fieldLabel(field.path), TextRole::Body, "", this);
    m_name->setToolTip(path);
    m_help = wrapped(makeLabel(helpText(), TextRole::Small, "secondary", this));
    m_problem =
        wrapped(makeLabel({}, TextRole::Small, "bad", this, QLatin1String("problem.") + path));
    m_reset = makeTool(QStringLiteral("↺"), QLatin1String("reset.") + path, "quiet",
                       tr("Back to the default, %1").arg(shown(field.defaultValue)), this);
    m_reset->setAccessibleName(tr("%1: back to the default").arg(m_name->text()));
    connect(m_reset, &QToolButton::clicked, this, [this] { m_draft.reset(m_field.path); });
    buildEditor();
    named(m_editor, QLatin1String("field.") + path, path);
    m_editor->setAccessibleDescription(QString::fromUtf8(field.info.help));
    m_editor->installEventFilter(this);
    m_editor->setFocusPolicy(Qt::StrongFocus);
    m_name->setBuddy(m_editor);
    buildLayout();
    refresh();
}

void FieldRow::buildEditor() {
    if (m_field.type == "choice") {
        auto* combo = new QComboBox(this);
        for (const std::string& choice : m_field.choices)
            combo->addItem(QString::fromStdString(choice));
        connect(combo, &QComboBox::textActivated, this, &FieldRow::take);
        m_editor = combo;
    } else if (m_field.type == "flag") {
        auto* box = new QCheckBox(this);
        connect(box, &QCheckBox::clicked, this, [this](bool on) { m_draft.set(m_field.path, on); });
        m_editor = box;
    } else {
        auto* line =
            isNumber(m_field)
                ? new NumberLine(
                      {m_field.info.minimum, m_field.info.maximum, m_field.type == "integer"}, this)
                : new QLineEdit(this);
        if (m_field.type == "text") line->setPlaceholderText(shown(m_field.defaultValue));
        connect(line, &QLineEdit::textEdited, this, &FieldRow::take);
        m_editor = line;
    }
    const QString range = rangeText(m_field);
    m_editor->setToolTip(range.isEmpty() ? helpText() : range);
}

void FieldRow::buildLayout() {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 3, 0, 3);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(0);
    grid->setColumnMinimumWidth(0, kNameWidth);
    grid->setColumnMinimumWidth(1, kEditorWidth);
    grid->setColumnStretch(3, 1);
    m_help->setMinimumWidth(kHelpWidth);
    m_name->setMaximumWidth(kNameWidth);
    m_name->setWordWrap(true);
    auto* unit =
        makeLabel(QString::fromUtf8(m_field.info.unit), TextRole::Small, "secondary", this);
    unit->setVisible(!unit->text().isEmpty());
    auto* name = addAll(makeColumn(0), {m_name, unit});
    grid->addLayout(name, 0, 0, Qt::AlignTop);
    grid->addWidget(m_field.type == "flag" ? m_editor : withBrowse(), 0, 1, Qt::AlignTop);
    grid->addWidget(m_reset, 0, 2, Qt::AlignTop);
    grid->addWidget(m_help, 0, 3, Qt::AlignTop);
    grid->addWidget(m_problem, 1, 0, 1, 4);
    QSizePolicy keeps = m_reset->sizePolicy();  // editors stay in one column, changed or not
    keeps.setRetainSizeWhenHidden(true);
    m_reset->setSizePolicy(keeps);
    for (QLabel* label : {m_name, m_help}) label->setContentsMargins(0, 4, 0, 0);
}

/// Lines that take a file or folder get a button that asks for one.
QWidget* FieldRow::withBrowse() {
    m_editor->setFixedWidth(kEditorWidth);
    const bool folder = m_field.path == "corpus.folder", model = m_field.path == "model.path",
               file = m_field.path == "eval.text" || m_field.path == "eval.selection";
    if (!folder && !model && !file) return m_editor;
    auto* whole = new QWidget(this);
    auto* row = makeRow(4, whole);
    auto* browse = makeTool(
        QStringLiteral("…"), "", "quiet",
        folder  ? tr("Choose a corpus folder")
        : model ? tr("Choose a GGUF file; a folder can be typed or dropped onto the window")
                : tr("Choose a text file"),
        whole);
    browse->setAccessibleName(tr("Choose %1").arg(m_name->text()));
    connect(browse, &QToolButton::clicked, this, [this, folder, model] {
        const QString chosen = folder ? QFileDialog::getExistingDirectory(this, tr("Corpus folder"))
                               : model ? QFileDialog::getOpenFileName(this, tr("GGUF model"), {},
                                                                      tr("GGUF models (*.gguf)"))
                                       : QFileDialog::getOpenFileName(this, tr("Text file"));
        if (!chosen.isEmpty()) m_draft.set(m_field.path, chosen.toStdString());
    });
    browse->setFixedWidth(26);
    m_editor->setFixedWidth(kEditorWidth - 30);
    row->addWidget(m_editor);
    row->addWidget(browse);
    return whole;
}

QString FieldRow::helpText() const {
    QString text = QString::fromUtf8(m_field.info.help);
    const QString plain = QString::fromStdString(shownValue(m_field.defaultValue));
    if (m_field.type == "flag")
        text +=
            tr(" (default: %1)").arg(valueOr(m_field.defaultValue, false) ? tr("yes") : tr("no"));
    else if (plain.size() <= 32 && !QStringList{"", "\"\"", "[]", "{}"}.contains(plain))
        text += tr(" (default: %1)").arg(plain);
    return text;
}

bool FieldRow::matches(const QStringList& words) const {
    QString all = QString::fromStdString(m_field.path) + QLatin1Char(' ') + m_name->text() +
                  QLatin1Char(' ') + m_help->text();
    for (const std::string& choice : m_field.choices)
        all += QLatin1Char(' ') + QString::fromStdString(choice);
    return std::all_of(words.begin(), words.end(), [&](const QString& word) {
        return all.contains(word, Qt::CaseInsensitive);
    });
}

void FieldRow::take(const QString& text) {
    m_draft.set(m_field.path, typed(m_field, text));
}

void FieldRow::showValue(const Json& value) {
    if (auto* combo = qobject_cast<QComboBox*>(m_editor)) {
        combo->setCurrentIndex(combo->findText(shown(value)));
    } else if (auto* box = qobject_cast<QCheckBox*>(m_editor)) {
        box->setChecked(value.is_boolean() && valueOr(value, false));
    } else if (auto* line = qobject_cast<QLineEdit*>(m_editor)) {
        // What is being typed stays as it is while it means the same: "0.10" is not made "0.1".
        if (typed(m_field, line->text()) == value) return;
        line->setText(shown(value));
        if (!line->hasFocus() && !isNumber(m_field))
            line->setCursorPosition(0);  // a path shows how it begins
    }
}

void FieldRow::refresh() {
    showValue(m_draft.value(m_field.path));
    const bool changed = m_draft.isChanged(m_field.path);
    m_reset->setVisible(changed);
    m_name->setFont(textFont(changed ? TextRole::Strong : TextRole::Body));
    setTone(m_name, changed ? "accent" : "");
    const QString problem = m_draft.problem(m_field.path);
    m_problem->setVisible(!problem.isEmpty());
    m_problem->setText(problem.isEmpty() ? QString() : QStringLiteral("⚠ ") + problem);
    m_editor->setProperty("wrong", !problem.isEmpty());
}

/// The wheel scrolls the form; it changes an editor only where that has the focus.
bool FieldRow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Wheel && !m_editor->hasFocus()) {
        event->ignore();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace skd
