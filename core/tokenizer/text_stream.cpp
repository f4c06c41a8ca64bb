#include "tokenizer/text_stream.h"

#include <span>
#include <string_view>

namespace skd {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

std::string TextStream::take() {
    const std::span<const TokenId> ids(m_ids);
    const std::string given = m_tokenizer.decode(ids.subspan(m_context, m_given - m_context));
    std::string now = m_tokenizer.decode(ids.subspan(m_context));
    return now.size() > given.size() ? now.substr(given.size()) : std::string();
}

std::string TextStream::push(TokenId id) {
    m_ids.push_back(id);
    if (m_tokenizer.isByteToken(id))
        return {};  // bytes are judged together, when something else follows
    std::string text = take();
    // A replacement character at the end may still become a letter.
    if (text.empty() || text.ends_with(kReplacement)) return {};
    m_context = m_given;
    m_given = m_ids.size();
    return text;
}

std::string TextStream::finish() {
    std::string text = take();
    m_context = m_given = m_ids.size();
    return text;
}

}  // namespace skd
