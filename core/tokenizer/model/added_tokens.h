#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/flat_map.h"
#include "base/function_ref.h"
#include "base/result.h"
#include "base/units.h"

namespace skd {

/// A token that is cut out of the text as a whole (flags as in tokenizer.json).
struct AddedToken {
    TokenId id = 0;
    std::string content;
    bool singleWord = false;  ///< only where no word character touches it
    bool leftStrip = false;   ///< takes the whitespace before it
    bool rightStrip = false;  ///< takes the whitespace after it
    bool normalized = false;  ///< looked for after normalisation
    bool special = false;
};

/// Finds added tokens in a text, leftmost-longest, by one walk of a trie.
class AddedTokenSplitter {
public:
    static constexpr std::size_t kLongestContent = 4096;  ///< bytes; bounds the work per character
    static constexpr std::size_t kAllContents = 8ull << 20;  ///< bytes of all tokens together

    AddedTokenSplitter() = default;
    /// Contents must not be empty; of two equal ones the first wins.
    static Result<AddedTokenSplitter> build(std::vector<AddedToken> tokens);

    /// Passes the stretches of `text` in order: ordinary text to `onText`, tokens to `onToken`.
    /// With `parseSpecial` false, special tokens are ordinary text.
    void split(std::string_view text, bool parseSpecial, FunctionRef<void(std::string_view)> onText,
               FunctionRef<void(TokenId)> onToken) const;

private:
    struct Match {
        const AddedToken* token = nullptr;
        std::size_t begin = 0;
        std::size_t end = 0;
    };
    void insert(std::uint32_t index);
    [[nodiscard]] Match next(std::string_view text, std::size_t from) const;
    /// Applies single_word, lstrip and rstrip; false when the match does not count. `taken` is the
    /// end of the token before.
    static bool adjust(std::string_view text, Match& match, std::size_t taken);

    std::vector<AddedToken> m_tokens;
    std::vector<std::uint32_t> m_tokenAtNode{0};  ///< 1 + index into m_tokens, 0 = none
    FlatMap m_edges;                              ///< node * 256 + byte -> node
    std::array<bool, 256> m_firstByte{};
    int m_onlyFirstByte = -1;  ///< the first byte of all tokens if they share it
};

}  // namespace skd
