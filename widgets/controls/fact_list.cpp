#include "controls/fact_list.h"

#include <QHBoxLayout>

#include "controls/card.h"
#include "style/theme.h"

namespace skd {

FactList::FactList(QWidget* parent) : QWidget(parent), m_layout(new QVBoxLayout(this)) {
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(0);
    setSizePolicy(QSizePolicy::Preferred,
                  QSizePolicy::Fixed);  // rows are whole, whatever else is short of room
}

void FactList::addFact(const QString& key, const QString& name, const QString& tip) {
    auto* row = new QFrame(this);
    row->setObjectName(QStringLiteral("fact"));  // the rule between rows comes from the style sheet
    row->setToolTip(tip);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 3, 0, 3);
    layout->setSpacing(6);
    auto* label = makeLabel(name, static_cast<int>(TextRole::Body), "", row);
    auto* value = makeLabel(QStringLiteral("–"), static_cast<int>(TextRole::Strong), "", row);
    value->setObjectName(QStringLiteral("fact.") + key);
    value->setAccessibleName(name);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    value->setMinimumWidth(10);
    value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    layout->addWidget(label);
    layout->addWidget(value, 1);
    m_layout->addWidget(row);
    m_rows[key] = {row, value};
}

void FactList::setFact(const QString& key, const QString& value) {
    QLabel* label = m_rows.at(key).value;
    if (label->text() != value) label->setText(value);
}

void FactList::setTip(const QString& key, const QString& tip) {
    m_rows.at(key).row->setToolTip(tip);
    m_rows.at(key).value->setAccessibleDescription(tip);
}

void FactList::setShown(const QString& key, bool shown) {
    m_rows.at(key).row->setVisible(shown);
}

QString FactList::fact(const QString& key) const {
    return m_rows.at(key).value->text();
}

}  // namespace skd
