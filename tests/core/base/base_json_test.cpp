#include "base/json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "base/text.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

std::string errorOf(std::string_view text) {
    const auto parsed = parseJson(text);
    return parsed ? "" : parsed.error().message;
}

TEST(Json, KeepsOrderAndTypes) {
    const std::string text =
        R"({"b":[1,-2,1.5,true,null,"é"],"a":{"z":{},"y":[]},"u":18446744073709551615})";
    const auto parsed = parseJson(text);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(dumpJson(*parsed), text);
    EXPECT_TRUE((*parsed)["b"][0].is_number_integer());
    EXPECT_TRUE((*parsed)["b"][2].is_number_float());
}

TEST(Json, EqualsTheLibrarysOwnParser) {
    for (const char* text : {"0", "\"x\"", "[]", "{}", "[[[]]]",
                             R"([{"a":[{"b":{"c":[1,2,{"d":null}]}}]},2])", " [ 1 , 2 ] \n"}) {
        const auto parsed = parseJson(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(*parsed, Json::parse(text)) << text;
    }
}

TEST(Json, RefusesWhatIsNotJson) {
    for (const char* text : {"", " ", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "nan", "[1] x", "{} {}",
                             "'a'", "\"\xff\"", "01", "1e400", "[NaN]", "/* c */ 1"}) {
        const auto parsed = parseJson(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::Corrupt);
        EXPECT_TRUE(parsed.error().message.starts_with("not valid JSON: "))
            << parsed.error().message;
    }
    EXPECT_NE(errorOf("{\n\"a\": x}").find("line 2"), std::string::npos);
}

TEST(Json, BoundsNesting) {
    EXPECT_EQ(errorOf(std::string(64, '[') + std::string(64, ']')), "");
    EXPECT_NE(errorOf(std::string(65, '[') + std::string(65, ']')).find("nested deeper than 64"),
              std::string::npos);
    EXPECT_NE(errorOf(std::string(100'000, '[')).find("nested deeper"), std::string::npos);
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    EXPECT_NE(errorOf(objects).find("nested deeper"), std::string::npos);
}

TEST(Json, RefusesDuplicateKeysUnlessAllowed) {
    EXPECT_NE(errorOf(R"({"a":1,"b":{"c":1,"c":2}})").find("\"c\" appears twice"),
              std::string::npos);
    EXPECT_EQ(errorOf(R"({"a":1,"b":{"a":2}})"), "");
    JsonLimits limits;
    limits.allowDuplicateKeys = true;
    EXPECT_EQ(dumpJson(*parseJson(R"({"a":1,"b":[2],"a":{"x":3},"c":4})", limits)),
              R"({"a":{"x":3},"b":[2],"c":4})");
}

TEST(Json, ManyKeysTakeLinearTime) {
    std::string text = "{";
    for (int i = 0; i < 200'000; ++i) text += strCat(i == 0 ? "" : ",", "\"token", i, "\":", i);
    text += "}";
    const auto begin = std::chrono::steady_clock::now();
    const auto parsed = parseJson(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->size(), 200'000u);
    // Quadratic growth would take minutes.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(Json, DumpsNonFiniteNumbersAsNull) {
    const Json json{{"a", std::numeric_limits<double>::infinity()}, {"b", "\xff"}};
    EXPECT_EQ(dumpJson(json), "{\"a\":null,\"b\":\"\xEF\xBF\xBD\"}");
}

TEST(Json, AFileIsNamedByItsErrors) {
    const test::TemporaryFolder folder;
    const auto good = readJsonFile(folder.write("a/good.json", R"({"x": 1})"));
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ((*good)["x"], 1);
    const auto bad = readJsonFile(folder.write("bad.json", "{"));
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ErrorCode::Corrupt);
    EXPECT_TRUE(bad.error().message.starts_with((folder / "bad.json").string() + ": "));
    const auto missing = readJsonFile(folder / "missing.json");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
    EXPECT_FALSE(readJsonFile(folder / "bad.json", 0)) << "longer than its limit";
}

}  // namespace
}  // namespace skd
