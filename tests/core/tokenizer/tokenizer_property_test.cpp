#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <ctime>
#include <map>
#include <random>
#include <thread>

#include "base/text.h"
#include "base/unicode.h"
#include "support/tokenizer_fixtures.h"
#include "tokenizer/model/merge_table.h"
#include "tokenizer/model/word_cache.h"

namespace skd {
namespace {

using test::idsOf;
using Ids = std::vector<TokenId>;

rc::Gen<std::string> anyText() {
    const auto point = rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x80),
                                      rc::gen::inRange<std::uint32_t>(0x80, 0x3000),
                                      rc::gen::inRange<std::uint32_t>(0x3000, 0xD800),
                                      rc::gen::inRange<std::uint32_t>(0xE000, 0x110000));
    return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(point),
                        [](const auto& points) {
                            std::string text;
                            for (const auto c : points) appendUtf8(text, c);
                            return text;
                        });
}

TEST(TokenizerProperty, ByteLevelDecodesToTheSameText) {
    for (const char* name :
         {"gpt2/tokenizer.json", "tokenizer/llama3.json", "tokenizer/o200k.json"}) {
        const auto tokenizer = test::loadTokenizer(name);
        ASSERT_TRUE(tokenizer);
        EXPECT_TRUE(rc::check([&] {
            const std::string text = *anyText();
            RC_ASSERT(tokenizer->decode(idsOf(*tokenizer, text)) == text);
        })) << name;
    }
}

TEST(TokenizerProperty, SpecialTokensSurviveARoundTrip) {
    EXPECT_EQ(idsOf(*test::gpt2(), "a<|endoftext|>b"), (Ids{64, 50256, 65}));
    EXPECT_EQ(test::gpt2()->decode(Ids{64, 50256, 65}), "a<|endoftext|>b");
    EXPECT_EQ(test::gpt2()->decode(Ids{64, 50256, 65}, true), "ab");
    EXPECT_EQ(test::gpt2()->decode(idsOf(*test::gpt2(), "<|endoftext|>", {.parseSpecial = false})),
              "<|endoftext|>");
}

/// Textbook BPE: look at all pairs, merge the first of the lowest rank, begin again.
Ids mergeByDefinition(
    const std::map<std::pair<TokenId, TokenId>, std::pair<std::uint32_t, TokenId>>& merges,
    Ids ids) {
    while (true) {
        std::size_t best = ids.size();
        std::uint32_t rank = ~0u;
        for (std::size_t i = 0; i + 1 < ids.size(); ++i)
            if (const auto m = merges.find({ids[i], ids[i + 1]});
                m != merges.end() && m->second.first < rank) {
                rank = m->second.first;
                best = i;
            }
        if (best == ids.size()) return ids;
        ids[best] = merges.at({ids[best], ids[best + 1]}).second;
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
}

/// Both the short and the long way to merge, with ranks that several merges share.
TEST(TokenizerProperty, MergesFollowTheDefinition) {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        std::map<std::pair<TokenId, TokenId>, std::pair<std::uint32_t, TokenId>> merges;
        MergeTable table;
        TokenId next = 4;
        for (int i = 0; i < 60; ++i) {
            const std::pair pair{static_cast<TokenId>(random() % next),
                                 static_cast<TokenId>(random() % next)};
            const auto rank = static_cast<std::uint32_t>(random() % 40);
            if (!merges.emplace(pair, std::pair{rank, next}).second) continue;
            table.set(pair.first, pair.second, rank, next++);
        }
        for (const std::size_t size : {0u, 1u, 2u, 7u, 31u, 32u, 33u, 100u, 500u}) {
            Ids symbols(size);
            for (TokenId& id : symbols) id = random() % 4;
            Ids merged = symbols;
            table.mergeAll(merged);
            ASSERT_EQ(merged, mergeByDefinition(merges, symbols)) << "size " << size;
        }
    }
}

TEST(TokenizerProperty, WordCacheFindsWhatItHolds) {
    WordCache cache;
    for (TokenId i = 0; i < 5000; ++i) {
        const std::string word = "w" + std::to_string(i);
        const std::uint64_t hash = i % 64;  // long chains on purpose
        cache.insert(word, hash, Ids{i, i + 1});
    }
    std::size_t known = 0;
    for (TokenId i = 0; i < 5000; ++i) {
        const auto hit = cache.find("w" + std::to_string(i), i % 64);
        if (!hit.known) continue;
        ++known;
        EXPECT_EQ(Ids(hit.ids.begin(), hit.ids.end()), (Ids{i, i + 1}));
    }
    EXPECT_GT(known, 0u);
    EXPECT_FALSE(cache.find("x", 0).known);
}

TEST(TokenizerProperty, IllFormedTextIsRefusedWithItsOffset) {
    for (const auto& [text, offset] : {std::pair{std::string("abc\xFF"), 3},
                                       {std::string("\xC3"), 0},
                                       {std::string("0123456789\xED\xA0\x80"), 10},
                                       {std::string("é\xC0\xAF"), 2},
                                       {std::string("a\xF4\x90\x80\x80"), 1},
                                       {std::string("ab\x80"), 2}}) {
        const auto ids = test::gpt2()->encode(text);
        ASSERT_FALSE(ids);
        EXPECT_EQ(ids.error().code, ErrorCode::InvalidInput);
        EXPECT_NE(ids.error().message.find(strCat("byte ", offset, " ")), std::string::npos)
            << ids.error().message;
    }
}

TEST(TokenizerProperty, LossyTextFollowsUnicodeBestPractice) {
    EXPECT_EQ(lossyUtf8("a\xE2\x82z"), "a\uFFFDz");
    EXPECT_EQ(lossyUtf8("\xF0\x9F\x99"), "\uFFFD");
    EXPECT_EQ(lossyUtf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(lossyUtf8("\xFF\xC3\xA9"), "\uFFFDé");
}

TEST(TokenizerProperty, ThreadsShareATokenizer) {
    const auto tokenizer = test::loadTokenizer("tokenizer/own_pattern.json");
    ASSERT_TRUE(tokenizer);
    const std::string text = test::fixtureText("gpt2/LICENSE.txt");
    const Ids expected = idsOf(*tokenizer, text);
    std::array<Ids, 4> found;
    std::vector<std::thread> threads;
    for (Ids& ids : found)
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) ids = tokenizer->encode(text).value_or(Ids{});
        });
    for (std::thread& thread : threads) thread.join();
    for (const Ids& ids : found) EXPECT_EQ(ids, expected);
}

class LongInput : public ::testing::TestWithParam<const char*> {};

/// A megabyte of one thing must not take quadratic time, and must come back whole.
TEST_P(LongInput, EncodesInTime) {
    const std::string name = GetParam();
    const auto tokenizer =
        name == "gpt2" ? test::gpt2() : test::loadTokenizer("tokenizer/" + name + ".json");
    ASSERT_TRUE(tokenizer);
    for (const std::string unit :
         {" ", "a", "!", "\n", "A", "é", "中", "' ", " \n", "Ab", "\u0301"}) {
        std::string text;
        while (text.size() < 1'000'000) text += unit;
        const std::clock_t start = std::clock();  // processor time: other processes do not count
        const Ids ids = idsOf(*tokenizer, text);
        EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 2.0)
            << test::shown(unit);
        const bool normalizes = name == "qwen2";
        EXPECT_TRUE(normalizes || tokenizer->decode(ids) == text) << test::shown(unit);
    }
}
INSTANTIATE_TEST_SUITE_P(Families, LongInput, ::testing::Values("gpt2", "qwen2", "o200k", "llama2"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace skd
