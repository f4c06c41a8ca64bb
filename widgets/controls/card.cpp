#include "controls/card.h"

namespace skd {

Card::Card(const QString& title, QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("card"));
    setAccessibleName(title);
    m_title = named(new ElidedLabel(title, this), "card.title");
    m_title->setProperty("tone", QStringLiteral("secondary"));
    m_title->setFont(textFont(TextRole::Title));
    m_title->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
    m_header = makeRow(10);
    m_header->addStrut(22);  // cards side by side keep one line, with controls or without
    m_body = makeColumn(0);
    addAll(makeColumn(6, this, {12, 8, 12, 10}),
           {addAll(m_header, {m_title, rest()}), {m_body, 1}});
}

void Card::setTitle(const QString& title, const QString& tip) {
    m_title->setText(title);
    m_title->setTip(tip);
    m_title->setVisible(!title.isEmpty());
    setAccessibleName(title);
}

void Card::addLeftControl(QWidget* control) {
    m_header->insertWidget(m_header->indexOf(m_title) + m_left++, control);
}

}  // namespace skd
