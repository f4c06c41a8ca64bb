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

TEST(JsonValues, AreReadOnlyWhereTheyAreOfTheType) {
    const Json json = *parseJson(
        R"({"n": 3, "whole": 4.0, "half": 0.5, "big": 18446744073709551615, "t": "x", "f": true,
            "none": null, "list": [1, 2], "mixed": [1, "a"]})");
    EXPECT_EQ(valueOr(json, "n", 0), 3);
    EXPECT_EQ(valueOr(json, "whole", 0), 4);
    EXPECT_EQ(valueOr(json, "half", 7), 7) << "no whole number";
    EXPECT_EQ(valueOr(json, "half", 0.0), 0.5);
    EXPECT_EQ(valueOr(json, "n", 0.0), 3.0);
    EXPECT_EQ(valueOr(json, "big", std::int64_t{-1}), -1) << "beyond the type";
    EXPECT_EQ(valueOr(json, "big", std::uint64_t{0}), ~std::uint64_t{0});
    EXPECT_EQ(valueAs<std::uint32_t>(Json(-1)), std::nullopt);
    EXPECT_EQ(valueAs<std::int32_t>(Json(std::int64_t{1} << 31)), std::nullopt);
    EXPECT_EQ(valueAs<std::int64_t>(Json(1e300)), std::nullopt);
    EXPECT_EQ(valueOr(json, "t", ""), "x");
    EXPECT_EQ(valueOr(json, "n", "no text"), "no text");
    EXPECT_TRUE(valueOr(json, "f", false));
    EXPECT_TRUE(valueOr(json, "t", true));
    EXPECT_EQ(valueOr(json, "none", Json("fallback")), "fallback");
    EXPECT_EQ(valueOr(json, "t", Json()), "x");
    EXPECT_EQ(valuesAs<double>(memberOf(json, "list")), (std::vector<double>{1, 2}));
    EXPECT_EQ(valuesAs<double>(memberOf(json, "mixed")), std::nullopt);
    EXPECT_EQ(valuesAs<double>(memberOf(json, "n")), std::nullopt);
}

TEST(JsonValues, OfWhatIsAbsentAreNull) {
    for (const Json& json : {Json(), Json(3), Json("text"), Json::array({1}), Json::object()}) {
        EXPECT_TRUE(memberOf(json, "a").is_null()) << json;
        EXPECT_EQ(valueOr(json, "a", 5), 5);
        EXPECT_TRUE(memberOf(memberOf(json, "a"), "b").is_null());
    }
}

}  // namespace
}  // namespace skd
