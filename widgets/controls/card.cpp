#include "controls/card.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QVBoxLayout>

#include "controls/elided_label.h"
#include "style/theme.h"

namespace skd {

Card::Card(const QString& title, QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("card"));
    setAccessibleName(title);
    m_title = new ElidedLabel(title, this);
    m_title->setObjectName(QStringLiteral("card.title"));
    m_title->setProperty("tone", QStringLiteral("secondary"));
    m_title->setFont(textFont(TextRole::Title));
    m_title->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 10);
    layout->setSpacing(6);
    m_header = new QHBoxLayout;
    m_header->setSpacing(10);
    m_header->addStrut(22);  // cards side by side keep one line, with controls or without
    m_header->addWidget(m_title);
    m_header->addStretch(1);
    layout->addLayout(m_header);
    m_body = new QVBoxLayout;
    m_body->setSpacing(0);
    layout->addLayout(m_body, 1);
}

void Card::setTitle(const QString& title, const QString& tip) {
    m_title->setText(title);
    m_title->setTip(tip);
    m_title->setVisible(!title.isEmpty());
    setAccessibleName(title);
}

void Card::addControl(QWidget* control) {
    m_header->addWidget(control);
}

void Card::addLeftControl(QWidget* control) {
    m_header->insertWidget(m_header->indexOf(m_title) + m_left++, control);
}

QLabel* makeLabel(const QString& text, int role, const char* tone, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setFont(textFont(static_cast<TextRole>(role)));
    label->setProperty("tone", QLatin1String(tone));
    return label;
}

void setTone(QLabel* label, const char* tone) {
    if (label->property("tone").toString() == QLatin1String(tone)) return;
    label->setProperty("tone", QLatin1String(tone));
    label->style()->unpolish(label);  // style sheets look at properties only when polishing
    label->style()->polish(label);
}

}  // namespace skd
