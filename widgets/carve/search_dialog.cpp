#include "carve/search_dialog.h"

#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "carve/carve_search.h"
#include "controls/card.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

SearchDialog::SearchDialog(double densePerplexity, QWidget* parent)
    : QDialog(parent), m_limit(new QDoubleSpinBox(this)) {
    setObjectName(QStringLiteral("carve.search"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Auto search"));
    auto* caption = makeLabel(tr("Largest perplexity"), static_cast<int>(TextRole::Body), "", this);
    caption->setBuddy(m_limit);
    m_limit->setObjectName(QStringLiteral("carve.search.limit"));
    m_limit->setAccessibleName(caption->text());
    m_limit->setDecimals(2);
    m_limit->setRange(densePerplexity, 1e6);
    m_limit->setSingleStep(std::max(0.1, densePerplexity / 50));
    m_limit->setValue(kUsual * densePerplexity);
    auto* note = makeLabel(tr("Removes as much as stays within it: %1 previews, each on the page "
                              "while it is measured. The dense model has %2.")
                               .arg(CarveSearch::kMeasurements)
                               .arg(formatPerplexity(densePerplexity)),
                           static_cast<int>(TextRole::Small), "secondary", this);
    note->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Ok)->setText(tr("Search"));
    buttons->button(QDialogButtonBox::Ok)->setObjectName(QStringLiteral("carve.search.go"));
    buttons->button(QDialogButtonBox::Ok)->setProperty("primary", true);
    auto* layout = new QVBoxLayout(this);
    for (QWidget* part : {static_cast<QWidget*>(caption), static_cast<QWidget*>(m_limit),
                          static_cast<QWidget*>(note), static_cast<QWidget*>(buttons)})
        layout->addWidget(part);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(this, &QDialog::accepted, this, [this] { Q_EMIT limitGiven(m_limit->value()); });
    m_limit->setFocus();
    m_limit->selectAll();
}

}  // namespace skd
