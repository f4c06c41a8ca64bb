#include "controls/fact_list.h"

#include "controls/build.h"

namespace skd {

Fact::Fact(const char* id, const QString& name, QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("fact"));  // the rule between rows comes from the style sheet
    m_value = makeLabel(QStringLiteral("–"), TextRole::Strong, "", this);
    m_value->setObjectName(QStringLiteral("fact.") + QLatin1String(id));
    m_value->setAccessibleName(name);
    m_value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_value->setMinimumWidth(10);
    m_value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    auto* row = makeRow(6, this);
    row->setContentsMargins(0, 3, 0, 3);
    addAll(row, {makeLabel(name, TextRole::Body, "", this), {m_value, 1}});
}

void Fact::set(const QString& value) {
    if (m_value->text() != value) m_value->setText(value);
}

void Fact::setTip(const QString& tip) {
    setToolTip(tip);
    m_value->setAccessibleDescription(tip);
}

FactList::FactList(QWidget* parent) : QWidget(parent), m_rows(makeColumn(0, this)) {
    setSizePolicy(QSizePolicy::Preferred,
                  QSizePolicy::Fixed);  // rows are whole, whatever else is short of room
}

Fact* FactList::add(const char* id, const QString& name, const QString& tip) {
    auto* fact = new Fact(id, name, this);
    fact->setToolTip(tip);
    m_rows->addWidget(fact);
    return fact;
}

}  // namespace skd
