#pragma once

#include <QDialog>

#include "style/preferences.h"
#include "style/theme.h"

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace skd {

/// Theme and text size change at once, the rest with OK; Cancel takes everything back.
class SettingsDialog : public QDialog {
    Q_OBJECT
public:
    SettingsDialog(Theme& theme, const Preferences& now, QWidget* parent = nullptr);
    /// What the fields say.
    [[nodiscard]] Preferences preferences() const;

    void accept() override;
    void reject() override;

Q_SIGNALS:
    /// With OK; already saved.
    void applied(const skd::Preferences& preferences);

private:
    void buildAppearance(QFormLayout& form);
    void buildEngine(QFormLayout& form);
    void buildHabits(QFormLayout& form);
    void fill(const Preferences& values, ThemeChoice theme);
    void check();

    Theme& m_theme;
    Preferences m_before;
    ThemeChoice m_themeBefore;
    QComboBox *m_themes, *m_languages, *m_smoothing;
    QSpinBox *m_text, *m_threads;
    QLineEdit* m_folder;
    QCheckBox *m_notify, *m_awake;
    QLabel* m_problem;
    QPushButton* m_ok = nullptr;
};

}  // namespace skd
