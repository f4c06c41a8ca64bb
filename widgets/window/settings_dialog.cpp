#include "window/settings_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QThread>
#include <cmath>

#include "controls/build.h"
#include "controls/card.h"
#include "style/translation.h"

namespace skd {

namespace {

void choose(QComboBox& combo, const QVariant& value) {
    combo.setCurrentIndex(std::max(0, combo.findData(value)));
}

}  // namespace

SettingsDialog::SettingsDialog(Theme& theme, const Preferences& now, QWidget* parent)
    : QDialog(parent), m_theme(theme), m_before(now), m_themeBefore(theme.choice()) {
    setObjectName(QStringLiteral("settings"));
    setWindowTitle(tr("Settings"));
    auto* form = new QFormLayout;
    form->setLabelAlignment(Qt::AlignRight);
    form->setHorizontalSpacing(14);
    form->setVerticalSpacing(9);
    buildAppearance(*form);
    buildEngine(*form);
    buildHabits(*form);
    m_problem = wrapped(makeLabel({}, TextRole::Small, "bad", this, "settings.problem"));
    auto* buttons = new QDialogButtonBox(
        QDialogButtonBox::Ok | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults, this);
    m_ok = buttons->button(QDialogButtonBox::Ok);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons->button(QDialogButtonBox::RestoreDefaults), &QPushButton::clicked, this,
            [this] { fill({}, ThemeChoice::System); });
    addAll(makeColumn(12, this, {22, 18, 22, 16}), {form, m_problem, buttons});
    fill(now, m_themeBefore);
    setMinimumWidth(460);
}

void SettingsDialog::buildAppearance(QFormLayout& form) {
    m_themes = named(new QComboBox(this), "settings.theme", tr("Theme"));
    for (auto [text, choice] :
         {std::pair{tr("like the system"), ThemeChoice::System},
          std::pair{tr("light"), ThemeChoice::Light}, std::pair{tr("dark"), ThemeChoice::Dark}})
        m_themes->addItem(text, static_cast<int>(choice));
    m_text = named(new QSpinBox(this), "settings.text", tr("Text size"));
    m_text->setRange(80, 200);
    m_text->setSingleStep(10);
    m_text->setSuffix(tr(" %"));
    m_languages = named(new QComboBox(this), "settings.language", tr("Language"));
    m_languages->addItem(tr("like the system"), QString());
    for (const QString& language : availableLanguages())
        m_languages->addItem(QLocale(language).nativeLanguageName(), language);
    m_languages->setToolTip(tr("Applies from the next start on"));
    form.addRow(tr("Theme"), m_themes);
    form.addRow(tr("Text size"), m_text);
    form.addRow(tr("Language"), m_languages);
    connect(m_themes, &QComboBox::currentIndexChanged, this,
            [this] { m_theme.apply(static_cast<ThemeChoice>(m_themes->currentData().toInt())); });
    connect(m_text, &QSpinBox::valueChanged, this,
            [this](int percent) { m_theme.setTextScale(percent / 100.0); });
}

void SettingsDialog::buildEngine(QFormLayout& form) {
    m_threads = named(new QSpinBox(this), "settings.threads", tr("Threads"));
    m_threads->setRange(0, 256);
    m_threads->setSpecialValueText(tr("all %1 cores").arg(QThread::idealThreadCount()));
    m_threads->setToolTip(tr("For runs whose spec leaves it open; from the next start on"));
    m_folder = named(new QLineEdit(this), "settings.folder", tr("Workspace folder"));
    m_folder->setPlaceholderText(tr("the user's data folder"));
    m_folder->setToolTip(
        tr("Folder of the workspace that opens by itself; from the next start on"));
    auto* browse = new QPushButton(tr("Browse…"), this);
    auto* row = addAll(makeRow(), {{m_folder, 1}, browse});
    form.addRow(tr("Threads"), m_threads);
    form.addRow(tr("Workspace folder"), row);
    connect(m_folder, &QLineEdit::textChanged, this, &SettingsDialog::check);
    connect(browse, &QPushButton::clicked, this, [this] {
        const QString folder =
            QFileDialog::getExistingDirectory(this, tr("Workspace folder"), m_folder->text());
        if (!folder.isEmpty()) m_folder->setText(folder);
    });
}

void SettingsDialog::buildHabits(QFormLayout& form) {
    m_smoothing = named(new QComboBox(this), "settings.smoothing", tr("Smoothing of live curves"));
    for (auto [text, percent] : {std::pair{tr("none"), 0}, std::pair{QStringLiteral("0.6"), 60},
                                 std::pair{QStringLiteral("0.9"), 90}})
        m_smoothing->addItem(text, percent);
    m_notify = named(new QCheckBox(tr("Notification at the end of long runs"), this),
                     "settings.notify", tr("Notifications"));
    m_awake = named(new QCheckBox(tr("Keep the machine awake during a run"), this),
                    "settings.awake", tr("Stay awake"));
    form.addRow(tr("Smoothing"), m_smoothing);
    form.addRow(QString(), m_notify);
    form.addRow(QString(), m_awake);
}

void SettingsDialog::fill(const Preferences& values, ThemeChoice theme) {
    choose(*m_themes, static_cast<int>(theme));
    m_text->setValue(static_cast<int>(std::lround(values.textScale * 100)));
    choose(*m_languages, values.language);
    m_threads->setValue(values.threads);
    m_folder->setText(values.workspaceFolder);
    choose(*m_smoothing, values.smoothing);
    m_notify->setChecked(values.notifications);
    m_awake->setChecked(values.inhibitSleep);
    check();
}

Preferences SettingsDialog::preferences() const {
    return {m_text->value() / 100.0,
            m_threads->value(),
            m_folder->text().trimmed(),
            m_languages->currentData().toString(),
            m_notify->isChecked(),
            m_awake->isChecked(),
            m_smoothing->currentData().toInt()};
}

/// A folder that cannot take a workspace is said here, not at the next start.
void SettingsDialog::check() {
    const QFileInfo folder(m_folder->text().trimmed());
    const bool fits =
        m_folder->text().trimmed().isEmpty() || (folder.isDir() && folder.isWritable());
    m_problem->setText(
        fits ? QString() : tr("%1 is not a folder that can be written to.").arg(m_folder->text()));
    m_problem->setVisible(!fits);
    if (m_ok != nullptr) m_ok->setEnabled(fits);
}

void SettingsDialog::accept() {
    const Preferences chosen = preferences();
    chosen.save();
    Q_EMIT applied(chosen);
    QDialog::accept();
}

void SettingsDialog::reject() {
    m_theme.setTextScale(m_before.textScale);
    m_theme.apply(m_themeBefore);
    QDialog::reject();
}

}  // namespace skd
