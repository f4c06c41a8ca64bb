#pragma once

#include <QFrame>
#include <functional>
#include <vector>

class QLabel;
class QPushButton;

namespace skd {

/// A sentence below the top bar that stays until it is dismissed or no longer true.
class NoticeBar : public QFrame {
    Q_OBJECT
public:
    explicit NoticeBar(QWidget* parent = nullptr);
    /// `topic` names what it is about: a later sentence of the same topic takes its place.
    /// `button`, where there is one, acts on the matter.
    void show(const QString& topic, const QString& text, const QString& button = {},
              std::function<void()> act = {});
    /// The sentence of this topic is no longer true.
    void withdraw(const QString& topic);
    [[nodiscard]] QString text() const;

private:
    void showLast();
    struct Notice {
        QString topic, text, button;
        std::function<void()> act;
    };
    std::vector<Notice> m_notices;  ///< the last one is on the screen
    QLabel* m_text;
    QPushButton* m_act;
};

}  // namespace skd
