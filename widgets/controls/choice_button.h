#pragma once

#include <QToolButton>
#include <vector>

class QActionGroup;
class QButtonGroup;

namespace skd {

/// A flat "colour: energy ▾" that opens a menu of choices; takes little room in a card's title row.
class ChoiceButton : public QToolButton {
    Q_OBJECT
    Q_PROPERTY(int value READ value WRITE choose NOTIFY chosen USER true)
public:
    struct Choice {
        /// `v` is a number or the value of an enum.
        template <class V>
        Choice(QString t, QString hint, V v)
            : text(std::move(t)), tip(std::move(hint)), value(static_cast<int>(v)) {}
        QString text, tip;
        int value;
        bool operator==(const Choice&) const = default;
    };
    /// `prefix` stands before the chosen text, e.g. "colour: "; `id` is the object name.
    ChoiceButton(const char* id, const QString& name, const QString& prefix,
                 std::vector<Choice> choices, QWidget* parent = nullptr);

    /// Another list; the value stays where it is among the new choices, else it becomes the first
    /// one.
    void setChoices(std::vector<Choice> choices);
    [[nodiscard]] const std::vector<Choice>& choices() const { return m_choices; }
    /// Texts wider than this many pixels end in "…" on the button; 0 = any width.
    void setMaximumText(int width);

    [[nodiscard]] int value() const { return m_value; }
    /// Shows a value without emitting chosen().
    void setValue(int value);
    /// As the user does: emits chosen() where the value is another one.
    void choose(int value);
    void setChoiceText(int value, const QString& text, const QString& tip);
    void setChoiceEnabled(int value, bool enabled);

Q_SIGNALS:
    void chosen(int value);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void buildMenu();
    [[nodiscard]] QAction* actionOf(int value) const;
    QString m_prefix;
    int m_maximumText = 0;
    std::vector<Choice> m_choices;
    QActionGroup* m_group;
    int m_value = 0;
};

/// A few words in a row of which one is chosen: which of several views a card shows.
class ModeSwitch : public QWidget {
    Q_OBJECT
    Q_PROPERTY(int mode READ mode WRITE setMode NOTIFY chosen USER true)
public:
    ModeSwitch(const QString& accessibleName, const QStringList& modes, QWidget* parent = nullptr);
    [[nodiscard]] int mode() const;
    void setMode(int mode);

Q_SIGNALS:
    void chosen(int mode);

private:
    QButtonGroup* m_buttons;
};

}  // namespace skd
