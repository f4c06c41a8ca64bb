#include "tokenizer/pretokenizer/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "base/text.h"
#include "base/unicode.h"

namespace skd {
namespace {

using unicode::CharacterTable;

class UnicodeNormalizer {
public:
    explicit UnicodeNormalizer(UnicodeForm form)
        : m_stable(form == UnicodeForm::Nfc ? unicode::NfcStable : unicode::NfkcStable),
          m_options(static_cast<utf8proc_option_t>(
              UTF8PROC_COMPOSE | UTF8PROC_STABLE |
              (form == UnicodeForm::Nfkc ? UTF8PROC_COMPAT : UTF8PROC_COMPOSE))) {}

    Result<std::string_view> operator()(std::string_view text, std::string& buffer,
                                        std::size_t) const {
        const char* begin = text.data();
        const char* end = begin + text.size();
        const char* unstable = skipStable(begin, end);
        if (unstable == end) return text;
        buffer.clear();
        buffer.reserve(text.size() + text.size() / 8);
        while (unstable != end) {
            // The stable character before may combine with what follows, so it is part of the
            // stretch.
            const char* start = unstable == begin ? begin : unicode::previous(begin, unstable);
            const char* stop = unstable;
            while (stop != end && !(m_table.at(stop, end).classes & m_stable))
                stop += m_table.at(stop, end).length;
            buffer.append(begin, start);
            appendNormal(start, stop, buffer);
            begin = stop;
            unstable = skipStable(begin, end);
        }
        buffer.append(begin, end);
        return std::string_view(buffer);
    }

private:
    [[nodiscard]] const char* skipStable(const char* p, const char* end) const {
        return m_table.skip(p, end, m_stable);
    }

    void appendNormal(const char* p, const char* end, std::string& out) const {
        std::vector<utf8proc_int32_t> points;
        std::array<utf8proc_int32_t, 32> parts{};
        while (p != end) {
            std::uint8_t length = 0;
            int boundary = 0;
            const auto c = static_cast<utf8proc_int32_t>(unicode::decode(p, length));
            const auto count =
                utf8proc_decompose_char(c, parts.data(), parts.size(), m_options, &boundary);
            assert(count >= 0 && static_cast<std::size_t>(count) <= parts.size());
            points.insert(points.end(), parts.begin(), parts.begin() + count);
            p += length;
        }
        orderMarks(points);
        const auto count = utf8proc_normalize_utf32(
            points.data(), static_cast<utf8proc_ssize_t>(points.size()), m_options);
        assert(count >= 0);
        for (utf8proc_ssize_t i = 0; i < count; ++i)
            appendUtf8(out, static_cast<char32_t>(points[static_cast<std::size_t>(i)]));
    }

    /// Canonical ordering by a stable sort of each run of marks; utf8proc's own is quadratic.
    static void orderMarks(std::vector<utf8proc_int32_t>& points) {
        const auto order = [](utf8proc_int32_t c) {
            return utf8proc_get_property(c)->combining_class;
        };
        for (auto run = points.begin(); run != points.end();) {
            if (order(*run) == 0) {
                ++run;
                continue;
            }
            const auto end = std::find_if(run, points.end(), [&](auto c) { return order(c) == 0; });
            std::stable_sort(run, end, [&](auto a, auto b) { return order(a) < order(b); });
            run = end;
        }
    }

    const CharacterTable& m_table = CharacterTable::instance();
    std::uint16_t m_stable;
    utf8proc_option_t m_options;
};

tl::unexpected<Error> growsTooMuch(std::size_t limit) {
    return fail(ErrorCode::Unsupported,
                strCat("the tokeniser's normalizer would make more than ",
                       groupDigits(static_cast<long long>(limit)),
                       " bytes of a short stretch of text: rules that feed each other are not "
                       "supported; take tokenizer.json from the original model"));
}

}  // namespace

Normalizer unicodeNormalizer(UnicodeForm form) {
    return UnicodeNormalizer(form);
}

Normalizer prependNormalizer(std::string prefix) {
    return [prefix = std::move(prefix)](std::string_view text, std::string& buffer,
                                        std::size_t limit) -> Result<std::string_view> {
        if (text.empty()) return text;
        if (prefix.size() + text.size() > limit) return growsTooMuch(limit);
        buffer = prefix;
        buffer += text;
        return std::string_view(buffer);
    };
}

Normalizer replaceNormalizer(Matcher matcher, std::string content) {
    return [matcher = std::move(matcher), content = std::move(content)](
               std::string_view text, std::string& buffer,
               std::size_t limit) -> Result<std::string_view> {
        bool changed = false, tooLong = false;
        std::size_t last = 0;
        buffer.clear();
        SKD_CHECK(matcher(text, [&](std::size_t begin, std::size_t end) {
            changed = true;
            tooLong |= buffer.size() + (begin - last) + content.size() > limit;
            if (tooLong) return;
            buffer += text.substr(last, begin - last);
            buffer += content;
            last = end;
        }));
        if (tooLong) return growsTooMuch(limit);
        if (!changed) return text;
        buffer += text.substr(last);
        return std::string_view(buffer);
    };
}

Normalizer normalizerSequence(std::vector<Normalizer> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    return [parts = std::move(parts)](std::string_view text, std::string& buffer,
                                      std::size_t limit) -> Result<std::string_view> {
        std::string input;
        std::string_view current = text;
        for (const Normalizer& part : parts) {
            if (current.data() == buffer.data()) {
                input.swap(buffer);
                current = input;
            }
            SKD_TRY(current, part(current, buffer, limit));
        }
        if (current.data() == input.data()) {
            buffer.swap(input);
            current = buffer;
        }
        return current;
    };
}

}  // namespace skd
