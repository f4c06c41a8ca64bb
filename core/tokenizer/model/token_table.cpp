#include "tokenizer/model/token_table.h"

#include <array>
#include <charconv>

#include "base/text.h"
#include "base/unicode.h"

namespace skd {
namespace {

constexpr TokenId kIdLimit = 1u << 31;

/// How far ids may run ahead of the number of tokens: real files have gaps of a few thousand.
std::size_t reachableIds(std::size_t tokens) {
    return 4 * tokens + 65536;
}

struct ByteTable {
    std::array<int, 256 + 68> byte{};  ///< by code point; -1 = none

    constexpr ByteTable() {
        byte.fill(-1);
        char32_t next = 256;
        for (int b = 0; b < 256; ++b) {
            const bool itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
            byte[itself ? static_cast<char32_t>(b) : next++] = b;
        }
    }
};
constexpr ByteTable kTable;

}  // namespace

std::optional<std::string> bytesOfVisible(std::string_view visible) {
    std::string bytes;
    bytes.reserve(visible.size());
    for (std::size_t i = 0; i < visible.size();) {
        std::uint8_t length = 0;
        const char32_t c = unicode::decode(visible.data() + i, length);
        if (c >= kTable.byte.size() || kTable.byte[c] < 0) return std::nullopt;
        bytes += static_cast<char>(kTable.byte[c]);
        i += length;
    }
    return bytes;
}

std::optional<char> byteOfName(std::string_view spelling) {
    unsigned value = 0;
    if (spelling.size() != 6 || !spelling.starts_with("<0x") || spelling[5] != '>') return {};
    const char* end = spelling.data() + 5;
    const auto [stop, error] = std::from_chars(spelling.data() + 3, end, value, 16);
    if (error != std::errc() || stop != end) return {};
    return static_cast<char>(value);
}

std::string quoted(std::string_view text) {
    constexpr std::size_t kShown = 60;
    std::string shown = lossyUtf8(text.substr(0, kShown));
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return strCat('"', shown, text.size() > kShown ? "…\"" : "\"");
}

Result<TokenTable> TokenTable::build(std::vector<VocabularyEntry> entries) {
    TokenTable table;
    std::size_t bytes = 0;
    TokenId highest = 0;
    for (const VocabularyEntry& entry : entries) {
        bytes += entry.text.size();
        if (entry.id >= kIdLimit || entry.id >= reachableIds(entries.size()))
            return fail(ErrorCode::Corrupt,
                        strCat("token ", quoted(entry.text), " has id ", entry.id,
                               " in a vocabulary of ", entries.size(), " tokens"));
        highest = std::max(highest, entry.id);
    }
    if (entries.empty()) return fail(ErrorCode::Corrupt, "the vocabulary is empty");
    table.m_texts.resize(highest + std::size_t{1});
    table.m_used.resize(highest + std::size_t{1});
    table.m_names.reserve(entries.size(), bytes);
    for (VocabularyEntry& entry : entries) SKD_CHECK(table.add(std::move(entry)));
    return table;
}

Status TokenTable::add(VocabularyEntry entry) {
    if (entry.id >= kIdLimit || entry.id >= reachableIds(m_texts.size()))
        return fail(ErrorCode::Corrupt, strCat("token ", quoted(entry.text), " has id ", entry.id,
                                               ", far beyond the other ids"));
    if (has(entry.id))
        return fail(ErrorCode::Corrupt,
                    strCat("id ", entry.id, " belongs to both ", quoted(m_texts[entry.id]), " and ",
                           quoted(entry.text)));
    if (!m_names.insert(entry.text, entry.id))
        return fail(ErrorCode::Corrupt,
                    strCat("token ", quoted(entry.text), " appears twice, with ids ",
                           m_names.find(entry.text), " and ", entry.id));
    if (entry.id >= m_texts.size()) {
        m_texts.resize(entry.id + std::size_t{1});
        m_used.resize(entry.id + std::size_t{1});
    }
    m_used[entry.id] = true;
    m_texts[entry.id] = std::move(entry.text);
    ++m_count;
    return {};
}

std::optional<TokenId> TokenTable::find(std::string_view text) const {
    const TokenId id = m_names.find(text);
    if (id == PieceMap::kNone) return std::nullopt;
    return id;
}

}  // namespace skd
