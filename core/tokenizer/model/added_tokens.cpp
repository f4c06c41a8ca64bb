#include "tokenizer/model/added_tokens.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/text.h"
#include "base/unicode.h"

namespace skd {

using unicode::CharacterTable;

Result<AddedTokenSplitter> AddedTokenSplitter::build(std::vector<AddedToken> tokens) {
    AddedTokenSplitter splitter;
    splitter.m_tokens = std::move(tokens);
    std::size_t total = 0;
    for (std::uint32_t i = 0; i < splitter.m_tokens.size(); ++i) {
        const AddedToken& token = splitter.m_tokens[i];
        assert(!token.content.empty());
        if (token.content.size() > kLongestContent)
            return fail(ErrorCode::Unsupported,
                        strCat("the added token with id ", token.id, " is ", token.content.size(),
                               " bytes long; at most ", kLongestContent, " are accepted"));
        total += token.content.size();
        if (total > kAllContents)
            return fail(ErrorCode::Unsupported, strCat("the added tokens hold more than ",
                                                       kAllContents, " bytes of text together"));
        splitter.insert(i);
    }
    if (std::count(splitter.m_firstByte.begin(), splitter.m_firstByte.end(), true) == 1)
        splitter.m_onlyFirstByte =
            static_cast<unsigned char>(splitter.m_tokens.front().content.front());
    return splitter;
}

void AddedTokenSplitter::insert(std::uint32_t index) {
    const std::string& content = m_tokens[index].content;
    m_firstByte[static_cast<unsigned char>(content.front())] = true;
    std::uint64_t node = 0;
    for (const char c : content) {
        const std::uint64_t edge = node << 8 | static_cast<unsigned char>(c);
        if (const std::uint64_t* child = m_edges.find(edge)) {
            node = *child;
        } else {
            node = m_tokenAtNode.size();
            m_tokenAtNode.push_back(0);
            m_edges.set(edge, node);
        }
    }
    if (m_tokenAtNode[node] == 0) m_tokenAtNode[node] = index + 1;
}

AddedTokenSplitter::Match AddedTokenSplitter::next(std::string_view text, std::size_t from) const {
    for (std::size_t at = from; at < text.size(); ++at) {
        if (m_onlyFirstByte >= 0) {
            const void* found = std::memchr(text.data() + at, m_onlyFirstByte, text.size() - at);
            if (!found) break;
            at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
        } else if (!m_firstByte[static_cast<unsigned char>(text[at])]) {
            continue;
        }
        Match match;
        std::uint64_t node = 0;
        for (std::size_t end = at; end < text.size();) {
            const std::uint64_t* child =
                m_edges.find(node << 8 | static_cast<unsigned char>(text[end]));
            if (!child) break;
            node = *child;
            ++end;
            if (m_tokenAtNode[node]) match = {&m_tokens[m_tokenAtNode[node] - 1], at, end};
        }
        if (match.token) return match;
    }
    return {};
}

bool AddedTokenSplitter::adjust(std::string_view text, Match& match, std::size_t taken) {
    const auto& table = CharacterTable::instance();
    const char* begin = text.data();
    const char* end = begin + text.size();
    const char* left = begin + match.begin;
    const char* right = begin + match.end;
    if (match.token->singleWord) {
        const bool wordBefore =
            left != begin &&
            (table.at(unicode::previous(begin, left), end).classes & unicode::Word);
        if (wordBefore || (table.at(right, end).classes & unicode::Word)) return false;
    }
    if (match.token->leftStrip) {
        while (left != begin &&
               (table.at(unicode::previous(begin, left), end).classes & unicode::White))
            left = unicode::previous(begin, left);
        match.begin = std::max(static_cast<std::size_t>(left - begin), taken);
    }
    if (match.token->rightStrip)
        match.end = static_cast<std::size_t>(table.skip(right, end, unicode::White) - begin);
    return true;
}

void AddedTokenSplitter::split(std::string_view text, bool parseSpecial,
                               FunctionRef<void(std::string_view)> onText,
                               FunctionRef<void(TokenId)> onToken) const {
    std::size_t taken = 0;
    std::size_t from = 0;
    while (!m_tokens.empty()) {
        Match match = next(text, from);
        if (!match.token) break;
        from = match.end;  // of the content itself: what rstrip takes can still begin a token
        if (match.token->special && !parseSpecial) continue;
        if (!adjust(text, match, taken)) continue;
        if (match.begin > taken) onText(text.substr(taken, match.begin - taken));
        onToken(match.token->id);
        taken = std::max(taken, match.end);
    }
    if (taken < text.size()) onText(text.substr(taken));
}

}  // namespace skd
