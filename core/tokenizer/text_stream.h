#pragma once

#include <string>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace skd {

/// Turns ids into text one by one, as they are generated: what the pieces give together is what
/// decoding all ids at once gives. A character whose bytes are spread over several tokens is held
/// back until it is complete (bytes of a byte fallback until another token follows), so every piece
/// is well-formed UTF-8.
class TextStream {
public:
    explicit TextStream(const Tokenizer& tokenizer) : m_tokenizer(tokenizer) {}

    /// Text that `id` completes; may be empty.
    std::string push(TokenId id);
    /// What was held back: an incomplete character is U+FFFD.
    std::string finish();

private:
    std::string take();

    const Tokenizer& m_tokenizer;
    std::vector<TokenId> m_ids;
    std::size_t m_context =
        0;  ///< ids from here on are decoded again: spaces depend on what is in front
    std::size_t m_given = 0;  ///< ids whose text has been given
};

}  // namespace skd
