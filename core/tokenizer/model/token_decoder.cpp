#include "tokenizer/model/token_decoder.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

/// Bytes in a row are a text when they are well-formed together, else one U+FFFD each.
void flushBytes(std::string& run, std::string& out) {
    if (run.empty()) return;
    if (!firstInvalidUtf8(run)) {
        out += run;
    } else {
        for (std::size_t i = 0; i < run.size(); ++i) out += "\xEF\xBF\xBD";
    }
    run.clear();
}

}  // namespace

TokenDecoder TokenDecoder::build(const TokenTable& tokens, std::span<const AddedToken> added,
                                 DecodingRules rules) {
    TokenDecoder decoder;
    decoder.m_rules = std::move(rules);
    decoder.m_tokens.resize(tokens.idLimit());
    decoder.m_arena.reserve(8 * tokens.count());
    std::vector<const AddedToken*> addedById(tokens.idLimit());
    for (const AddedToken& token : added)
        if (token.id < addedById.size()) addedById[token.id] = &token;
    for (TokenId id = 0; id < tokens.idLimit(); ++id) {
        if (!tokens.has(id)) continue;
        const AddedToken* known = addedById[id];
        std::string text = tokens.text(id);
        if (!known && decoder.m_rules.byteLevel) text = bytesOfVisible(text).value_or(text);
        for (const auto& [from, to] : decoder.m_rules.replacements) replaceAll(text, from, to);
        const auto byte = decoder.m_rules.byteFallback ? byteOfName(text) : std::nullopt;
        if (byte) text = *byte;
        decoder.m_tokens[id] = {decoder.m_arena.size(), static_cast<std::uint32_t>(text.size()),
                                known && known->special, byte.has_value()};
        decoder.m_arena += text;
    }
    return decoder;
}

std::string TokenDecoder::decode(std::span<const TokenId> ids, bool skipSpecial) const {
    std::string out;
    std::string run;  // bytes of a byte fallback that are still to be judged together
    bool first = true;
    for (const TokenId id : ids) {
        if (id >= m_tokens.size() || (skipSpecial && m_tokens[id].special)) continue;
        const Token& token = m_tokens[id];
        std::string_view piece = bytes(token);
        if (first && m_rules.trimFirst)
            piece.remove_prefix(std::min(piece.find_first_not_of(' '), piece.size()));
        if (!first && m_rules.joinWithSpaces) out += ' ';
        first = false;
        if (token.isByte) {
            run += piece;
        } else {
            flushBytes(run, out);
            out += piece;
        }
    }
    flushBytes(run, out);
    if (firstInvalidUtf8(out)) out = lossyUtf8(out);
    strip(out);
    return out;
}

std::string TokenDecoder::text(TokenId id) const {
    return id < m_tokens.size() ? lossyUtf8(bytes(m_tokens[id])) : std::string();
}

void TokenDecoder::strip(std::string& text) const {
    std::size_t begin = 0;
    while (begin < text.size() && begin < m_rules.stripStart && text[begin] == m_rules.stripped)
        ++begin;
    text.erase(0, begin);
    for (std::size_t i = 0; i < m_rules.stripEnd && text.ends_with(m_rules.stripped); ++i)
        text.pop_back();
}

}  // namespace skd
