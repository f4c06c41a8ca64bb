#include "controls/page.h"

#include <QGridLayout>

#include "controls/build.h"

namespace skd {

namespace {
constexpr int kFrame = 33;    ///< ms: at most 30 refreshes a second, however much arrives
constexpr int kSpacing = 12;  ///< px between cards and around them
}  // namespace

Page::Page(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("page"));
    setAttribute(Qt::WA_StyledBackground);
}

template <class L>
L* Page::makeLayout() {
    auto* layout = new L(this);
    layout->setContentsMargins(kSpacing, kSpacing, kSpacing, kSpacing);
    layout->setSpacing(kSpacing);
    return layout;
}
template QGridLayout* Page::makeLayout<QGridLayout>();
template QHBoxLayout* Page::makeLayout<QHBoxLayout>();
template QVBoxLayout* Page::makeLayout<QVBoxLayout>();

LivePage::LivePage(QWidget* parent) : Page(parent) {
    callAfter(m_later, kFrame, this, [this] { catchUp(); });
}

void LivePage::markDirty() {
    m_dirty = true;
    if (isVisible() && !m_later.isActive()) m_later.start();
}

void LivePage::catchUp() {
    m_dirty = false;
    refresh();
}

void LivePage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    catchUp();
}

}  // namespace skd
