#include "carve/search_dialog.h"

#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>

#include "carve/carve_search.h"
#include "controls/build.h"
#include "controls/card.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

SearchDialog::SearchDialog(double densePerplexity, QWidget* parent)
    : QDialog(parent), m_limit(named(new QDoubleSpinBox(this), "carve.search.limit")) {
    setObjectName(QStringLiteral("carve.search"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Auto search"));
    auto* caption = makeLabel(tr("Largest perplexity"), TextRole::Body, "", this);
    caption->setBuddy(m_limit);
    m_limit->setAccessibleName(caption->text());
    m_limit->setDecimals(2);
    m_limit->setRange(densePerplexity, 1e6);
    m_limit->setSingleStep(std::max(0.1, densePerplexity / 50));
    m_limit->setValue(kUsual * densePerplexity);
    auto* note =
        wrapped(makeLabel(tr("Removes as much as stays within this perplexity: %1 previews, each "
                             "shown while it is measured. The dense model has %2.")
                              .arg(CarveSearch::kMeasurements)
                              .arg(formatPerplexity(densePerplexity)),
                          TextRole::Small, "secondary", this));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Ok)->setText(tr("Search"));
    buttons->button(QDialogButtonBox::Ok)->setObjectName(QStringLiteral("carve.search.go"));
    buttons->button(QDialogButtonBox::Ok)->setProperty("primary", true);
    auto* layout = new QVBoxLayout(this);
    addAll(layout, {caption, m_limit, note, buttons});
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(this, &QDialog::accepted, this, [this] { Q_EMIT limitGiven(m_limit->value()); });
    m_limit->setFocus();
    m_limit->selectAll();
}

}  // namespace skd
