#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "support/temporary_folder.h"
#include "support/tokenizer_fixtures.h"

namespace skd {
namespace {

/// A small valid tokenizer.json, to be broken in one place per test.
Json valid() {
    return Json::parse(
        R"({"added_tokens":[{"id":4,"content":"<s>","special":true,"normalized":false}],
        "normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},
        "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},
        {"Sequence":{"id":"A"}}],
            "special_tokens":{"<s>":{"id":"<s>","ids":[4],"tokens":["<s>"]}}},
        "decoder":{"type":"ByteLevel"},
        "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"aba":3},"merges":[["a","b"],"ab a"]}})");
}

Json with(const std::string& path, const char* value) {
    Json json = valid();
    json[Json::json_pointer(path)] = Json::parse(value);
    return json;
}

void expectError(const std::string& text, ErrorCode code, const std::string& part) {
    const auto tokenizer = Tokenizer::fromJson(text);
    ASSERT_FALSE(tokenizer) << text.substr(0, 300);
    EXPECT_EQ(tokenizer.error().code, code) << tokenizer.error().message;
    EXPECT_NE(tokenizer.error().message.find(part), std::string::npos) << tokenizer.error().message;
}

TEST(TokenizerMalformed, TheValidOneWorks) {
    const auto tokenizer = Tokenizer::fromJson(valid().dump());
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ(test::idsOf(**tokenizer, "abaab", {.addSpecialTokens = true}),
              (std::vector<TokenId>{4, 3, 2}));
    EXPECT_EQ((*tokenizer)->bos(), 4u);
    EXPECT_TRUE((*tokenizer)->addsBos());
    EXPECT_EQ((*tokenizer)->vocabularySize(), 5u);
}

TEST(TokenizerMalformed, NotJson) {
    expectError("", ErrorCode::Corrupt, "not valid JSON");
    expectError("[1,2", ErrorCode::Corrupt, "not valid JSON");
    expectError("{}garbage", ErrorCode::Corrupt, "not valid JSON");
    expectError("{\"a\":\"\xFF\"}", ErrorCode::Corrupt, "UTF-8");
    expectError("{\"a\":NaN}", ErrorCode::Corrupt, "not valid JSON");
    expectError("{\"a\":1e400}", ErrorCode::Corrupt, "1e400");
    expectError(std::string(100'000, '['), ErrorCode::Corrupt, "nested deeper");
    expectError("{\"model\":{},\"model\":{}}", ErrorCode::Corrupt, "twice");
    for (const char* text : {"1", "\"x\"", "null", "[]", "{}", "{\"model\":3}", "{\"model\":[]}"})
        expectError(text, ErrorCode::Corrupt, "not a tokenizer.json");
}

TEST(TokenizerMalformed, Vocabulary) {
    expectError(with("/model/vocab", R"({"a":0,"b":2147483648})").dump(), ErrorCode::Corrupt,
                "beyond 2^31");
    expectError(with("/model/vocab", R"({"a":0,"b":2000000000})").dump(), ErrorCode::Corrupt,
                "2000000000");
    expectError(with("/model/vocab", R"({"a":-1})").dump(), ErrorCode::Corrupt, "\"a\"");
    expectError(with("/model/vocab", R"({"a":0.5})").dump(), ErrorCode::Corrupt, "whole number");
    expectError(with("/model/vocab", R"({"a":"0"})").dump(), ErrorCode::Corrupt, "whole number");
    expectError(with("/model/vocab", R"({"a":{"b":0}})").dump(), ErrorCode::Corrupt,
                "whole number");
    expectError(with("/model/vocab", R"({"a":0,"b":0})").dump(), ErrorCode::Corrupt,
                "id 0 belongs to both");
    expectError(with("/model/vocab", R"({})").dump(), ErrorCode::Corrupt, "empty");
    expectError(with("/model/vocab", R"([["a",0]])").dump(), ErrorCode::Corrupt,
                "must be an object");
    std::string twice = with("/model/vocab", R"({"a":0,"b":1,"ab":2,"aba":3})").dump();
    twice.replace(twice.find("\"b\":1"), 5, "\"a\":1");
    expectError(twice, ErrorCode::Corrupt, "appears twice");
}

TEST(TokenizerMalformed, Merges) {
    expectError(with("/model/merges", R"(["a b c"])").dump(), ErrorCode::Corrupt, "merge 0");
    expectError(with("/model/merges", R"(["ab"])").dump(), ErrorCode::Corrupt, "merge 0");
    expectError(with("/model/merges", R"(["a b",["a"]])").dump(), ErrorCode::Corrupt, "merge 1");
    expectError(with("/model/merges", R"([["a","b","a"]])").dump(), ErrorCode::Corrupt,
                "more than two");
    expectError(with("/model/merges", R"([["a",1]])").dump(), ErrorCode::Corrupt, "two strings");
    expectError(with("/model/merges", R"([3])").dump(), ErrorCode::Corrupt, "two strings");
    expectError(with("/model/merges", R"([["a",["b"]]])").dump(), ErrorCode::Corrupt,
                "two strings");
    expectError(with("/model/merges", R"({"a":"b"})").dump(), ErrorCode::Corrupt,
                "must be an array");
    expectError(with("/model/merges", R"([["a","x"]])").dump(), ErrorCode::Corrupt,
                "\"x\" is not in the vocabulary");
    expectError(with("/model/merges", R"([["b","a"]])").dump(), ErrorCode::Corrupt,
                "\"ba\" is not in the vocabulary");
    expectError(with("/model/merges", R"([["","a"]])").dump(), ErrorCode::Corrupt, "empty part");
}

TEST(TokenizerMalformed, Parts) {
    expectError(with("/model/type", R"("Unigram")").dump(), ErrorCode::Unsupported, "Unigram");
    expectError(with("/model/type", "3").dump(), ErrorCode::Corrupt, "type");
    expectError(with("/model/dropout", "0.1").dump(), ErrorCode::Unsupported, "dropout");
    expectError(with("/model/end_of_word_suffix", R"("</w>")").dump(), ErrorCode::Unsupported,
                "end_of_word_suffix");
    expectError(with("/model/unk_token", R"("<unk>")").dump(), ErrorCode::Corrupt, "<unk>");
    expectError(with("/model/ignore_merges", "1").dump(), ErrorCode::Corrupt, "ignore_merges");
    expectError(with("/normalizer", R"({"type":"BertNormalizer"})").dump(), ErrorCode::Unsupported,
                "BertNormalizer");
    expectError(with("/normalizer", R"("NFC")").dump(), ErrorCode::Corrupt, "normalizer");
    expectError(
        with("/normalizer", R"({"type":"Replace","pattern":{"String":""},"content":""})").dump(),
        ErrorCode::Corrupt, "empty");
    expectError(with("/pre_tokenizer", R"({"type":"Whitespace"})").dump(), ErrorCode::Unsupported,
                "Whitespace");
    expectError(with("/pre_tokenizer", R"({"type":"ByteLevel"})").dump(), ErrorCode::Corrupt,
                "add_prefix_space");
    expectError(
        with("/pre_tokenizer",
             R"({"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated","invert":false})")
            .dump(),
        ErrorCode::Unsupported, "cannot be compiled");
    expectError(with("/pre_tokenizer",
                     R"({"type":"Split","pattern":{},"behavior":"Isolated","invert":false})")
                    .dump(),
                ErrorCode::Corrupt, "pattern");
    expectError(
        with("/pre_tokenizer",
             R"({"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":false},
                {"type":"Digits","individual_digits":true}]})")
            .dump(),
        ErrorCode::Unsupported, "must come last");
    expectError(with("/decoder", R"({"type":"WordPiece"})").dump(), ErrorCode::Unsupported,
                "WordPiece");
    expectError(with("/decoder",
                     R"({"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"ByteFallback"}]})")
                    .dump(),
                ErrorCode::Unsupported, "in this order");
    expectError(with("/post_processor", R"({"type":"BertProcessing"})").dump(),
                ErrorCode::Unsupported, "BertProcessing");
    expectError(
        with("/post_processor/single", R"([{"SpecialToken":{"id":"<x>"}},{"Sequence":{"id":"A"}}])")
            .dump(),
        ErrorCode::Corrupt, "<x>");
    expectError(with("/post_processor/special_tokens/<s>/ids", "[99]").dump(), ErrorCode::Corrupt,
                "without a token");
    expectError(with("/post_processor/single", "[]").dump(), ErrorCode::Corrupt,
                "no place for the text");
}

/// `count` times the same part.
Json repeated(const char* part, int count) {
    return Json(std::vector<Json>(static_cast<std::size_t>(count), Json::parse(part)));
}

TEST(TokenizerMalformed, StagesAreCounted) {
    for (const int count : {64, 65, 12'000}) {
        Json cuts = valid(), forms = valid();
        cuts["pre_tokenizer"] = {
            {"type", "Sequence"},
            {"pretokenizers", repeated(R"({"type":"Digits","individual_digits":true})", count)}};
        forms["normalizer"] = {{"type", "Sequence"},
                               {"normalizers", repeated(R"({"type":"NFC"})", count - 1)}};
        if (count == 64) {
            EXPECT_TRUE(Tokenizer::fromJson(cuts.dump()));
            EXPECT_TRUE(Tokenizer::fromJson(forms.dump())) << "the sequence itself counts";
            continue;
        }
        expectError(cuts.dump(), ErrorCode::Unsupported, "pre_tokenizer: more than 64 stages");
        expectError(forms.dump(), ErrorCode::Unsupported, "normalizer: more than 64 stages");
    }
    Json chain = with("/normalizer", R"({"type":"NFC"})");
    for (int i = 0; i < 70; ++i)
        chain["normalizer"] = {{"type", "Sequence"},
                               {"normalizers", Json::array({chain["normalizer"]})}};
    EXPECT_FALSE(Tokenizer::fromJson(chain.dump())) << "sequences of sequences count as well";
}

TEST(TokenizerMalformed, RulesThatGrowATextWithoutEndAreAnError) {
    Json json = valid();
    json["normalizer"] = {
        {"type", "Sequence"},
        {"normalizers",
         repeated(R"({"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaa"})", 8)}};
    const auto tokenizer = Tokenizer::fromJson(json.dump());
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ(test::idsOf(**tokenizer, "bbb"), (std::vector<TokenId>{1, 1, 1}));
    const auto ids = (*tokenizer)->encode("aba");
    ASSERT_FALSE(ids);
    EXPECT_NE(ids.error().message.find("rules that feed each other"), std::string::npos)
        << ids.error().message;

    json = with("/normalizer", R"({"type":"Prepend","prepend":"a"})");
    json["normalizer"]["prepend"] = std::string(5000, 'a');
    EXPECT_FALSE((*Tokenizer::fromJson(json.dump()))->encode("b"));
    EXPECT_TRUE((*Tokenizer::fromJson(json.dump()))->encode(std::string(100, 'b')));

    json = valid();
    json["decoder"] = {
        {"type", "Sequence"},
        {"decoders",
         repeated(R"({"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaa"})", 2)}};
    json["pre_tokenizer"] = nullptr;
    expectError(json.dump(), ErrorCode::Unsupported, "64 times as long");
    expectError(with("/pre_tokenizer",
                     R"({"type":"Metaspace","replacement":"    ","prepend_scheme":"never"})")
                    .dump(),
                ErrorCode::Corrupt, "must be one character");
    json = valid();
    json["post_processor"]["special_tokens"]["<s>"]["ids"] = std::vector<int>(1025, 4);
    expectError(json.dump(), ErrorCode::Unsupported, "tokens around a text");
}

TEST(TokenizerMalformed, AddedTokens) {
    expectError(with("/added_tokens", "{}").dump(), ErrorCode::Corrupt, "array");
    expectError(with("/added_tokens", "[3]").dump(), ErrorCode::Corrupt, "added_tokens[0]");
    expectError(with("/added_tokens/0/id", "2").dump(), ErrorCode::Corrupt, "id 2 belongs to both");
    expectError(with("/added_tokens/0/id", "-1").dump(), ErrorCode::Corrupt, "below 2^31");
    expectError(with("/added_tokens/0/id", "2147483647").dump(), ErrorCode::Corrupt, "far beyond");
    expectError(with("/added_tokens/0/lstrip", "\"yes\"").dump(), ErrorCode::Corrupt, "lstrip");
    Json longToken = valid();
    longToken["added_tokens"][0]["content"] = std::string(5000, 'x');
    longToken["post_processor"] = nullptr;
    expectError(longToken.dump(), ErrorCode::Unsupported, "5000 bytes");
}

TEST(TokenizerMalformed, GapsAndNewIdsAreKept) {
    Json json = with("/added_tokens/0/id", "1000");
    json["post_processor"] = nullptr;
    const auto tokenizer = Tokenizer::fromJson(json.dump());
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ(test::idsOf(**tokenizer, "a<s>b"), (std::vector<TokenId>{0, 1000, 1}));
    EXPECT_EQ((*tokenizer)->vocabularySize(), 1001u);
    EXPECT_EQ((*tokenizer)->decode(std::vector<TokenId>{0, 500, 1000, 4'000'000'000u, 1}), "a<s>b");
}

/// Cut anywhere, or with any byte changed, a file is refused or still gives a working tokeniser.
TEST(TokenizerMalformed, CutAndChangedBytes) {
    const std::string text = valid().dump();
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(Tokenizer::fromJson(text.substr(0, size)));
    std::mt19937 random(3);
    for (std::size_t at = 0; at < text.size(); ++at)
        for (int i = 0; i < 4; ++i) {
            std::string changed = text;
            changed[at] = static_cast<char>(random());
            if (const auto tokenizer = Tokenizer::fromJson(changed))
                (void)(*tokenizer)->encode("abba <s> ab", {.addSpecialTokens = true});
        }
}

TEST(TokenizerMalformed, HostileSizesStayCheap) {
    const std::clock_t start = std::clock();
    std::string manyKeys = "{";
    for (int i = 0; i < 200'000; ++i) manyKeys += "\"" + std::to_string(i) + "\":0,";
    expectError(manyKeys + "\"x\":0}", ErrorCode::Corrupt, "not a tokenizer.json");
    std::string manyTokens = R"({"model":{"type":"BPE","merges":[],"vocab":{)";
    for (int i = 0; i < 200'000; ++i) manyTokens += strCat(i ? "," : "", "\"t", i, "\":", i);
    EXPECT_TRUE(Tokenizer::fromJson(manyTokens + "}}}"));
    EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 2.0);
}

TEST(TokenizerFile, ConfigBesideItNamesTheSpecialTokens) {
    const test::TemporaryFolder folder;
    Json json = valid();
    json["post_processor"] = nullptr;
    const auto path = folder.write("tokenizer.json", json.dump());
    const auto load = [&](const char* config) {
        folder.write("tokenizer_config.json", config);
        return Tokenizer::fromJsonFile(path);
    };
    auto tokenizer = load(
        R"({"bos_token":{"content":"<s>"},"eos_token":"b","add_bos_token":true,
         "add_eos_token":true})");
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    EXPECT_EQ((*tokenizer)->bos(), 4u);
    EXPECT_EQ((*tokenizer)->eos(), 1u);
    EXPECT_EQ(test::idsOf(**tokenizer, "a", {.addSpecialTokens = true}),
              (std::vector<TokenId>{4, 0, 1}));
    EXPECT_EQ(test::idsOf(**tokenizer, "a"), std::vector<TokenId>{0});

    tokenizer = load(R"({"bos_token":null,"eos_token":"<nowhere>"})");
    ASSERT_TRUE(tokenizer);
    EXPECT_FALSE((*tokenizer)->bos() || (*tokenizer)->eos() || (*tokenizer)->addsBos());

    tokenizer = load(R"({"bos_token":null,"add_bos_token":true})");
    ASSERT_FALSE(tokenizer);
    EXPECT_NE(tokenizer.error().message.find("add_bos_token"), std::string::npos);
    EXPECT_FALSE(load("[]"));
    EXPECT_FALSE(load(R"({"bos_token":7})"));

    folder.write("tokenizer.json", valid().dump());
    tokenizer = load(R"({"bos_token":"<s>","add_bos_token":false})");
    ASSERT_TRUE(tokenizer);
    EXPECT_FALSE((*tokenizer)->addsBos());
    EXPECT_FALSE(Tokenizer::fromJsonFile(folder / "missing.json"));
    EXPECT_FALSE(Tokenizer::fromJsonFile(folder.path()));
}

}  // namespace
}  // namespace skd
