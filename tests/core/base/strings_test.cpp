#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <system_error>
#include <variant>

#include "base/fields.h"
#include "base/overloaded.h"
#include "base/text.h"

namespace skd {
namespace {
enum class Shade { Light, Dark };
}  // namespace

template <>
inline constexpr auto kNames<Shade> = names<Shade>({{Shade::Light, "light"},
                                                    {Shade::Dark, "dark"}});

namespace {

TEST(Strings, JoinsPartsAndWhatIsSaidOfThem) {
    EXPECT_EQ(joined(std::vector<std::string>{}), "");
    EXPECT_EQ(joined(std::vector<std::string>{"a"}), "a");
    EXPECT_EQ(joined(std::vector<int>{1, 2, 3}), "1, 2, 3");
    EXPECT_EQ(joined(std::vector<std::string>{"", "", "x"}, "+"), "++x") << "empty parts count";
    const std::map<std::string, int> map{{"a", 1}, {"b", 2}};
    EXPECT_EQ(joined(map, "; ", [](const auto& e) { return strCat(e.first, "=", e.second); }),
              "a=1; b=2");
    std::string list;
    appendPart(list, "one");
    appendPart(list, "two");
    EXPECT_EQ(list, "one, two");
}

TEST(Strings, TrimsBothEndsOnly) {
    EXPECT_EQ(trimmed(" \t a b\n"), "a b");
    EXPECT_EQ(trimmed(" \r\n"), "");
    EXPECT_EQ(trimmed(""), "");
    EXPECT_EQ(trimmed("--a-", "-"), "a");
    EXPECT_EQ(lower("WikiText-2 ÄÖ"), "wikitext-2 ÄÖ");
}

TEST(Strings, TimesAreReadable) {
    EXPECT_EQ(elapsedText(0.4), "0 s");
    EXPECT_EQ(elapsedText(59.6), "1 min 0 s");
    EXPECT_EQ(elapsedText(134), "2 min 14 s");
    EXPECT_EQ(estimateText(89), "89 s");
    EXPECT_EQ(estimateText(600), "10 min");
    EXPECT_EQ(estimateText(7500), "2 h 5 min");
}

TEST(Strings, ANearNameIsOffered) {
    EXPECT_EQ(didYouMean("enregy", {"energy", "budget"}), "; did you mean \"energy\"?");
    EXPECT_EQ(didYouMean("enregy", {"energy"}, "prune."), "; did you mean \"prune.energy\"?");
    EXPECT_EQ(didYouMean("zzzzzzzz", {"energy"}), "");
}

/// Decodes by the table of RFC 3629.
std::vector<std::uint32_t> decoded(const std::string& text) {
    std::vector<std::uint32_t> points;
    for (std::size_t i = 0; i < text.size();) {
        const auto at = [&](std::size_t k) { return static_cast<unsigned char>(text.at(i + k)); };
        const std::size_t length = at(0) < 0x80 ? 1 : at(0) < 0xE0 ? 2 : at(0) < 0xF0 ? 3 : 4;
        std::uint32_t c = length == 1 ? at(0) : at(0) & (0x7Fu >> length);
        for (std::size_t k = 1; k < length; ++k) c = c << 6 | (at(k) & 0x3F);
        points.push_back(c);
        i += length;
    }
    return points;
}

RC_GTEST_PROP(Strings, Utf8DecodesToWhatWasEncoded, ()) {
    const auto scalar = rc::gen::suchThat(rc::gen::inRange<std::uint32_t>(0, 0x110000),
                                          [](std::uint32_t c) { return c < 0xD800 || c > 0xDFFF; });
    const auto points = *rc::gen::container<std::vector<std::uint32_t>>(scalar);
    std::string text;
    for (const std::uint32_t c : points) appendUtf8(text, static_cast<char32_t>(c));
    RC_ASSERT(decoded(text) == points);
    RC_ASSERT(isValidUtf8(text));
    RC_ASSERT(characterCount(text) == points.size());
    RC_ASSERT(lossyUtf8(text) == text);
}

/// Unicode 15, table 3-8: each maximal subpart of an ill-formed sequence becomes one U+FFFD.
TEST(Strings, LossyUtf8ReplacesMaximalSubparts) {
    EXPECT_EQ(lossyUtf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
              "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA");
    EXPECT_EQ(lossyUtf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), "\uFFFD\uFFFD\uFFFD\uFFFDA");
    EXPECT_EQ(lossyUtf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
              "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\uFFFD\uFFFDB");
    EXPECT_EQ(firstInvalidUtf8("0123456789\xFFz"), 10u);
    EXPECT_EQ(firstInvalidUtf8("ok"), std::nullopt);
}

RC_GTEST_PROP(Strings, LossyUtf8IsValidWhateverTheBytes, (const std::string& bytes)) {
    RC_ASSERT(isValidUtf8(lossyUtf8(bytes)));
    RC_ASSERT(isValidUtf8(bytes) == (lossyUtf8(bytes) == bytes));
}

TEST(Strings, OverloadedPicksTheHandlerOfTheAlternative) {
    const auto kind = [](const std::variant<int, double, std::string>& value) {
        return std::visit(
            Overloaded{[](int) { return "int"; }, [](const std::string&) { return "text"; },
                       [](const auto&) { return "other"; }},
            value);
    };
    EXPECT_STREQ(kind(1), "int");
    EXPECT_STREQ(kind("a"), "text");
    EXPECT_STREQ(kind(1.5), "other");
}

TEST(Strings, EnumsHaveNames) {
    EXPECT_STREQ(enumName(Shade::Dark), "dark");
    EXPECT_EQ(enumNames<Shade>(), (std::vector<std::string>{"light", "dark"}));
    Shade shade = Shade::Light;
    EXPECT_TRUE(parseEnum("dark", shade));
    EXPECT_EQ(shade, Shade::Dark);
    EXPECT_FALSE(parseEnum("Dark", shade));
    EXPECT_STREQ(enumName(static_cast<Shade>(7)), "?");
    static_assert(NamedEnum<Shade> && !NamedEnum<std::errc> && !NamedEnum<int>);
}

}  // namespace
}  // namespace skd
