#include <QLabel>
#include <QMenu>
#include <QPushButton>

#include "carve/fader_bank.h"
#include "carve/heat_map_card.h"
#include "carve/mixer_card.h"
#include "carve/price_card.h"
#include "carve/spectrum_card.h"
#include "carve/tier_strip.h"
#include "charts/views/heat_map.h"
#include "charts/views/trail_bar.h"
#include "controls/choice_button.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

/// The page with everything on it that takes room, on a small screen. With SPARSEKD_SHOTS a picture
/// of each state is kept there.
class CarveLookTest : public GuiTest,
                      public testing::WithParamInterface<std::tuple<int, ThemeChoice>> {
protected:
    [[nodiscard]] int layers() const override { return std::get<0>(GetParam()); }
    void SetUp() override {
        GuiTest::SetUp();
        m_theme->apply(std::get<1>(GetParam()));
        m_window->resize(1280, 800);
        QTest::qWait(50);
    }
    void choose(const char* button, const QString& text) {
        for (QAction* action : find<ChoiceButton>(button).menu()->actions())
            if (action->text().startsWith(text)) return action->trigger();
    }
    void keep(const char* state) {
        QTest::qWait(80);
        const QString folder = qEnvironmentVariable("SPARSEKD_SHOTS");
        if (folder.isEmpty()) return;
        const QString theme = std::get<1>(GetParam()) == ThemeChoice::Dark ? "dark" : "light";
        m_window->grab().save(
            QString("%1/carve-%2-%3-%4.png").arg(folder, state).arg(layers()).arg(theme));
    }
    /// Every part of a card lies inside it, and no two of the same row lie over each other.
    void expectTidy() {
        EXPECT_LE(carve().minimumSizeHint().width(), carve().parentWidget()->width())
            << "the page does not fit";
        for (const Card* card : carve().findChildren<Card*>()) {
            if (!card->isVisible()) continue;
            std::vector<std::pair<QRect, QString>> parts;
            for (const QWidget* part : card->findChildren<QWidget*>()) {
                const bool leaf =
                    part->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly).isEmpty();
                const bool button = qobject_cast<const ChoiceButton*>(part) != nullptr;
                if (!part->isVisible() || part->isWindow() || !(leaf || button) ||
                    part->size().isEmpty())
                    continue;
                if (qobject_cast<const QMenu*>(part->parentWidget()) != nullptr) continue;
                const QRect place(part->mapTo(card, QPoint()), part->size());
                const bool scrolls =
                    part->parentWidget()->objectName() == QLatin1String("qt_scrollarea_viewport");
                if (!scrolls) {
                    EXPECT_TRUE(card->rect().contains(place))
                        << card->accessibleName().toStdString() << ": "
                        << part->objectName().toStdString() << " "
                        << part->metaObject()->className();
                }
                for (const auto& [other, name] : parts)
                    EXPECT_FALSE(other.adjusted(1, 1, -1, -1).intersects(place))
                        << card->accessibleName().toStdString() << ": "
                        << part->objectName().toStdString() << " ("
                        << part->metaObject()->className() << ") lies over " << name.toStdString();
                parts.emplace_back(place,
                                   part->objectName() + " " + part->metaObject()->className());
            }
        }
    }
};

TEST_P(CarveLookTest, NothingOverlapsWhateverIsOnThePage) {
    keep("first");
    expectTidy();
    choose("carve.compare", "svd-35");
    choose("carve.preset", "tiers");
    keep("tiers");
    expectTidy();
    openModel();
    ASSERT_TRUE(waitFor([&] { return !m_session->previews.empty(); }));
    PreviewReady ready;
    ready.serial = m_session->previews.back().serial;
    ready.perplexity = 1234.5, ready.low = 1100, ready.high = 1400, ready.densePerplexity = 36,
    ready.tokens = 1024, ready.seconds = 0.9;
    m_session->say(ready);
    ASSERT_TRUE(waitFor([&] { return carve().search().obstacle().isEmpty(); }));
    choose("carve.preset", "energy threshold");
    choose("carve.faders.matrices", "down");
    carve().search().start(45);
    keep("search");
    expectTidy();
    // The buttons of the title row show their texts whole, but for the compared run's name.
    for (const char* name :
         {"carve.faders.matrices", "carve.preset", "carve.unit", "carve.search.stop"}) {
        auto& button = find<QToolButton>(name);
        EXPECT_GE(button.width(), button.sizeHint().width()) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(Screens, CarveLookTest,
                         testing::Combine(testing::Values(1, 30, 80),
                                          testing::Values(ThemeChoice::Dark, ThemeChoice::Light)));

}  // namespace
}  // namespace skd::test
