#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "tokenizer/pretokenizer/scanners.h"
#include "tokenizer/tokenizer.h"

namespace skd::test {

inline std::string fixtureText(const std::string& name) {
    const auto text = readFile(std::string(SKD_FIXTURES "/") + name);
    EXPECT_TRUE(text) << (text ? "" : text.error().message);
    return text.value_or("");
}

inline Json fixtureJson(const std::string& name) {
    return Json::parse(fixtureText(name));
}

inline std::shared_ptr<const Tokenizer> loadTokenizer(const std::string& name) {
    const auto tokenizer = Tokenizer::fromJsonFile(std::string(SKD_FIXTURES "/") + name);
    EXPECT_TRUE(tokenizer) << (tokenizer ? "" : tokenizer.error().message);
    return tokenizer.value_or(nullptr);
}

inline const std::shared_ptr<const Tokenizer>& gpt2() {
    static const auto tokenizer = loadTokenizer("gpt2/tokenizer.json");
    return tokenizer;
}

inline std::string wikitextRaw() {
    const auto text = readFile(SKD_SOURCE_DIR "/resources/text/wikitext-2-test.raw");
    EXPECT_TRUE(text) << (text ? "" : text.error().message);
    return text.value_or("");
}

inline std::vector<TokenId> idsOf(const Tokenizer& tokenizer, std::string_view text,
                                  const EncodeOptions& options = {}) {
    const auto ids = tokenizer.encode(text, options);
    EXPECT_TRUE(ids) << (ids ? "" : ids.error().message);
    return ids.value_or(std::vector<TokenId>{});
}

/// The pieces a splitting function passes to its sink.
inline std::vector<std::string> collect(const std::function<void(PieceSink)>& split) {
    std::vector<std::string> pieces;
    split([&](std::string_view piece) { pieces.emplace_back(piece); });
    return pieces;
}

/// Text for a failure message: what cannot be seen is spelled as hexadecimal bytes.
inline std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7F)
            out += c;
        else
            out += strCat("\\x", std::hex, static_cast<int>(byte));
    }
    return out;
}

}  // namespace skd::test
