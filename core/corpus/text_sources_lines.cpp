#include "corpus/text_sources_lines.h"

#include "base/text.h"

namespace skd {

Result<bool> LineReader::next() {
    m_carry.clear();
    ++m_number;
    while (true) {
        if (m_rest.empty()) {
            SKD_TRY(m_rest, m_stream.next());
            if (m_rest.empty()) {
                m_line = m_carry;
                return !m_carry.empty();
            }
        }
        const std::size_t end = m_rest.find('\n');
        const std::string_view part = m_rest.substr(0, end);
        if (m_carry.size() + part.size() > kLongest)
            return fail(ErrorCode::InvalidInput,
                        strCat("line ", m_number, " is longer than ",
                               formatBytes(static_cast<double>(kLongest)),
                               "; is this the format that the share names?"));
        if (end != std::string_view::npos && m_carry.empty()) {
            m_line = part;
        } else {
            m_carry += part;
            m_line = m_carry;
        }
        m_rest.remove_prefix(end == std::string_view::npos ? m_rest.size() : end + 1);
        if (end != std::string_view::npos) return true;
    }
}

}  // namespace skd
