#include <gtest/gtest.h>

#include "core/eval/coin_model.h"
#include "core/model/tiny_model.h"
#include "eval/window_scoring.h"

namespace skd::test {
namespace {

/// Windows of 8 of a text of random tokens, some of which are context alone.
struct BatchFixture {
    Decoder model = tinyDecoder(7);
    EvalText text = coinText(0);
    EvalSettings settings{Protocol::Paper512, 8, 4, true};
    std::vector<Window> windows;

    BatchFixture() {
        for (std::uint32_t i = 0; i < 45; ++i) text.ids.push_back(i * 2654435761u >> 26);
        text.unscored.assign(text.ids.size(), false);
        text.unscored[13] = text.unscored[30] = true;
        windows = *cutWindows(text, settings);
    }
    [[nodiscard]] std::vector<WindowInput> inputs(std::size_t count) const {
        std::vector<WindowInput> made;
        for (std::size_t i = 0; i < count; ++i)
            made.push_back(*windowInput(text, windows[i], settings, 64));
        return made;
    }
};

}  // namespace

/// A device's pass over several windows, run on the CPU, against one window after the other: f32.
TEST(WindowBatch, ScoresAreThoseOfEachWindow) {
    const BatchFixture fixture;
    ASSERT_GT(fixture.windows.size(), 8u);
    CalibrationMeter together, alone;
    for (const bool quality : {false, true}) {
        const std::vector<WindowScore> scores =
            scoreTogether(fixture.model, fixture.inputs(8), quality ? &together : nullptr);
        ASSERT_EQ(scores.size(), 8u);
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const auto expected = scoreWindow(fixture.model, fixture.text, fixture.windows[i],
                                              fixture.settings, quality ? &alone : nullptr);
            ASSERT_TRUE(expected);
            EXPECT_EQ(scores[i].losses.numel(), fixture.windows[i].scored());
            EXPECT_LT(relativeError(scores[i].losses, expected->losses), 1e-5);
            EXPECT_NEAR(scores[i].nll, expected->nll, 1e-5 * expected->nll);
        }
    }
    EXPECT_NEAR(together.report().entropy, alone.report().entropy, 1e-5);
    EXPECT_NEAR(together.report().accuracy, alone.report().accuracy, 1e-9);
}

TEST(WindowBatch, OnTheCpuWindowsAreScoredOneByOne) {
    const BatchFixture fixture;
    EXPECT_EQ(windowsTogether(fixture.model, fixture.windows, fixture.settings), 1u);
}

}  // namespace skd::test
