#include "tokenizer/model/bpe_model.h"

#include <algorithm>
#include <iomanip>

#include "base/text.h"
#include "base/unicode.h"

namespace skd {
namespace {

constexpr TokenId kNone = PieceMap::kNone;

std::string fallbackName(int byte) {
    return strCat("<0x", std::hex, std::uppercase, std::setfill('0'), std::setw(2), byte, '>');
}

/// Collects the unknown characters of a piece as `tokenizers` does: the unknown token waits until
/// a known character or the end.
class UnknownRun {
public:
    explicit UnknownRun(const BpeOptions& options) : m_options(options) {}
    void add(std::vector<TokenId>& symbols) {
        if (!m_options.unknown) return;
        if (m_waiting && !m_options.fuseUnknown) symbols.push_back(*m_options.unknown);
        m_waiting = true;
    }
    void flush(std::vector<TokenId>& symbols) {
        if (m_waiting) symbols.push_back(*m_options.unknown);
        m_waiting = false;
    }

private:
    const BpeOptions& m_options;
    bool m_waiting = false;
};

}  // namespace

BpeModel BpeModel::build(const TokenTable& tokens, const std::vector<Merge>& merges,
                         const BpeOptions& options) {
    BpeModel model;
    model.m_options = options;
    model.m_merges.reserve(merges.size());
    for (const Merge& merge : merges)
        model.m_merges.set(merge.left, merge.right, merge.rank, merge.result);
    model.m_byteSymbol.fill(kNone);
    model.m_fallback.fill(kNone);
    model.m_pieces.reserve(tokens.count(), 8 * tokens.count());
    for (TokenId id = 0; id < tokens.idLimit(); ++id) {
        if (!tokens.has(id) || tokens.text(id).empty()) continue;
        if (!options.byteLevel) {
            model.m_pieces.insert(tokens.text(id), id);
        } else if (const auto bytes = bytesOfVisible(tokens.text(id))) {
            model.m_pieces.insert(*bytes, id);
            if (bytes->size() == 1)
                model.m_byteSymbol[static_cast<unsigned char>(bytes->front())] = id;
        }
    }
    for (int byte = 0; byte < 256; ++byte)
        if (const auto id = tokens.find(fallbackName(byte)))
            model.m_fallback[static_cast<std::size_t>(byte)] = *id;
    return model;
}

std::size_t BpeModel::missingBytes() const {
    return static_cast<std::size_t>(std::count(m_byteSymbol.begin(), m_byteSymbol.end(), kNone));
}

void BpeModel::encode(std::string_view piece, State& state, std::vector<TokenId>& out) const {
    if (piece.size() > WordCache::kLongestWord) return encodeNew(piece, state, out);
    const std::uint64_t hash = hashPiece(piece.data(), piece.size());
    if (const auto hit = state.words.find(piece, hash); hit.known) {
        if (hit.ids.size() == 1)
            out.push_back(hit.ids.front());
        else
            out.insert(out.end(), hit.ids.begin(), hit.ids.end());
        return;
    }
    const std::size_t before = out.size();
    encodeNew(piece, state, out);
    state.words.insert(piece, hash, std::span(out).subspan(before));
}

void BpeModel::encodeNew(std::string_view piece, State& state, std::vector<TokenId>& out) const {
    if (m_options.ignoreMerges) {
        if (const TokenId id = m_pieces.find(piece); id != kNone) {
            out.push_back(id);
            return;
        }
    }
    state.symbols.clear();
    if (m_options.byteLevel)
        byteSymbols(piece, state.symbols);
    else
        characterSymbols(piece, state.symbols);
    m_merges.mergeAll(state.symbols);
    out.insert(out.end(), state.symbols.begin(), state.symbols.end());
}

void BpeModel::byteSymbols(std::string_view piece, std::vector<TokenId>& symbols) const {
    UnknownRun unknown(m_options);
    for (const char byte : piece) {
        const TokenId id = m_byteSymbol[static_cast<unsigned char>(byte)];
        if (id == kNone) {
            unknown.add(symbols);
        } else {
            unknown.flush(symbols);
            symbols.push_back(id);
        }
    }
    unknown.flush(symbols);
}

void BpeModel::characterSymbols(std::string_view piece, std::vector<TokenId>& symbols) const {
    UnknownRun unknown(m_options);
    while (!piece.empty()) {
        std::uint8_t length = 0;
        unicode::decode(piece.data(), length);
        const std::string_view character = piece.substr(0, length);
        piece.remove_prefix(length);
        if (const TokenId id = m_pieces.find(character); id != kNone) {
            unknown.flush(symbols);
            symbols.push_back(id);
        } else if (!m_options.byteFallback || !appendFallback(character, symbols)) {
            unknown.add(symbols);
        }
    }
    unknown.flush(symbols);
}

bool BpeModel::appendFallback(std::string_view character, std::vector<TokenId>& symbols) const {
    const auto tokenOf = [&](char byte) { return m_fallback[static_cast<unsigned char>(byte)]; };
    if (std::any_of(character.begin(), character.end(),
                    [&](char b) { return tokenOf(b) == kNone; }))
        return false;
    for (const char byte : character) symbols.push_back(tokenOf(byte));
    return true;
}

}  // namespace skd
