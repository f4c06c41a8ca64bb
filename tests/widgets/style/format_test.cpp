#include "style/format.h"

#include <gtest/gtest.h>

#include <cmath>

namespace skd {
namespace {

constexpr const char* kNarrow = "\u202F";

std::string text(const QString& value) {
    return value.toStdString();
}

TEST(Format, Perplexities) {
    EXPECT_EQ(text(formatPerplexity(35.97)), "36.0");
    EXPECT_EQ(text(formatPerplexity(9.876)), "9.88");
    EXPECT_EQ(text(formatPerplexity(506747.4)), "506,747");
    EXPECT_EQ(text(formatPerplexity(1259754)), std::string("1.26") + kNarrow + "M");
    EXPECT_EQ(text(formatPerplexity(std::nan(""))), "–");
    EXPECT_EQ(text(formatPerplexity(INFINITY)), "∞");
}

TEST(Format, Shares) {
    EXPECT_EQ(text(formatPercent(0.15)), std::string("15.0") + kNarrow + "%");
    EXPECT_EQ(text(formatRemoved(0.089)), std::string("−8.9") + kNarrow + "%");
    EXPECT_EQ(text(formatRemoved(-0.02)), std::string("+2.0") + kNarrow + "%");
}

TEST(Format, CountsDurationsAndTicks) {
    EXPECT_EQ(text(formatCount(11'900'000)), std::string("11.9") + kNarrow + "M");
    EXPECT_EQ(text(formatCount(642'000)), std::string("642") + kNarrow + "k");
    EXPECT_EQ(text(formatDuration(134)), "2 m 14 s");
    EXPECT_EQ(text(formatDuration(7260)), "2 h 1 m");
    EXPECT_EQ(text(formatDuration(-1)), "");
    EXPECT_EQ(text(formatTick(5000)), "5,000");
    EXPECT_EQ(text(formatTick(0.02)), "0.02");
    EXPECT_EQ(text(formatTick(2e-5)), "2e-5");
}

TEST(Format, TypedShares) {
    EXPECT_DOUBLE_EQ(parseShare("0.95"), 0.95);
    EXPECT_DOUBLE_EQ(parseShare("95"), 0.95);
    EXPECT_DOUBLE_EQ(parseShare("1"), 1);
    EXPECT_TRUE(std::isnan(parseShare("0.9.5")));
    EXPECT_TRUE(std::isnan(parseShare("")));
}

TEST(Format, PathOfARun) {
    RunRow row;
    row.densePpl = 35.97, row.postPrunePpl = 62.8, row.postKdPpl = std::nan("");
    EXPECT_EQ(text(perplexityPath(row)), "PPL 36 → 63");
}

}  // namespace
}  // namespace skd
