#include "tokenizer/unknown_words.h"

#include <algorithm>

namespace skd {

std::vector<bool> tokensOfUnknownWords(const Tokenizer& tokenizer, std::span<const TokenId> ids) {
    std::string text;
    std::vector<std::size_t> ends;
    ends.reserve(ids.size());
    for (const TokenId id : ids) {
        text += tokenizer.tokenText(id);
        ends.push_back(text.size());
    }
    std::vector<bool> unknown;
    for (std::size_t at = text.find(kUnknownWord); at != text.npos;
         at = text.find(kUnknownWord, at + kUnknownWord.size())) {
        unknown.resize(ids.size());
        auto token = std::ranges::upper_bound(ends, at) - ends.begin();
        for (; token == 0 || ends[static_cast<std::size_t>(token - 1)] < at + kUnknownWord.size();
             ++token)
            unknown[static_cast<std::size_t>(token)] = true;
    }
    return unknown;
}

std::int64_t countUnknownWords(std::string_view text) {
    std::int64_t count = 0;
    for (std::size_t at = text.find(kUnknownWord); at != text.npos;
         at = text.find(kUnknownWord, at + kUnknownWord.size()))
        ++count;
    return count;
}

}  // namespace skd
