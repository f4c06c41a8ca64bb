#include "window/notice_bar.h"

#include <QAccessible>
#include <QPushButton>

#include "controls/build.h"

namespace skd {

NoticeBar::NoticeBar(QWidget* parent)
    : QFrame(parent),
      m_text(named(new QLabel(this), "notice.text")),
      m_act(named(new QPushButton(this), "notice.act")) {
    setObjectName(QStringLiteral("notice"));
    setAccessibleName(tr("Notice"));
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* dismiss = makeButton(tr("Dismiss"), "notice.dismiss", {}, this);
    addAll(makeRow(-1, this, {14, 5, 12, 5}), {{m_text, 1}, m_act, dismiss});
    connect(m_act, &QPushButton::clicked, this, [this] {
        if (!m_notices.empty() && m_notices.back().act) std::function(m_notices.back().act)();
    });
    connect(dismiss, &QPushButton::clicked, this, [this] {
        if (!m_notices.empty()) m_notices.pop_back();
        showLast();
    });
    hide();
}

void NoticeBar::show(const QString& topic, const QString& text, const QString& button,
                     std::function<void()> act) {
    std::erase_if(m_notices, [&](const Notice& notice) { return notice.topic == topic; });
    m_notices.push_back({topic, text, button, std::move(act)});
    showLast();
}

void NoticeBar::withdraw(const QString& topic) {
    if (std::erase_if(m_notices, [&](const Notice& notice) { return notice.topic == topic; }) > 0)
        showLast();
}

QString NoticeBar::text() const {
    return m_notices.empty() ? QString() : m_notices.back().text;
}

void NoticeBar::showLast() {
    setVisible(!m_notices.empty());
    if (m_notices.empty()) return;
    m_text->setText(m_notices.back().text);
    m_act->setText(m_notices.back().button);
    m_act->setVisible(!m_notices.back().button.isEmpty());
    QAccessibleEvent spoken(m_text, QAccessible::Alert);
    QAccessible::updateAccessibility(&spoken);
}

}  // namespace skd
