#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skd {

/// Reads untrusted JSON of a known shape value by value, without building a tree: a safetensors
/// header may have 100 MB. Strict RFC 8259; the text must already be known to be valid UTF-8.
/// Every error names the byte it was found at.
class JsonScanner {
public:
    explicit JsonScanner(std::string_view text) : m_text(text) {}

    /// The next character that is not white space, or '\0' at the end.
    char peek();
    /// Takes the next character if it is `c`.
    bool accept(char c);
    /// Takes `c` or fails, saying that `what` was expected.
    Status expect(char c, const char* what);
    /// A string, unescaped; valid until the next call.
    Result<std::string_view> string(const char* what);
    /// A whole number from 0 to 2^64 - 1: digits only.
    Result<std::uint64_t> natural(const char* what);
    /// An object: calls member(key), a Status, behind the colon of each member. `what` and `key`
    /// say what was expected.
    template <class Member>
    Status object(const char* what, const char* key, Member member) {
        SKD_CHECK(expect('{', what));
        bool another = !accept('}');
        while (another) {
            SKD_TRY(const std::string_view text, string(key));
            const std::string name(text);
            SKD_CHECK(expect(':', "':'"));
            SKD_CHECK(member(name));
            SKD_TRY(another, more('}'));
        }
        return {};
    }
    /// Takes any value, nested at most 64 deep.
    Status skipValue();
    /// Fails unless only white space is left.
    Status finish();
    /// After an element: true if another follows (',' taken), false at `close` (taken).
    Result<bool> more(char close);

    /// An error at the current byte: "byte 17: expected ..., found 'x'".
    [[nodiscard]] Error unexpected(const char* expected);

private:
    Status appendEscape();
    Result<std::uint32_t> hexDigits();
    Status skipNumber();
    Status skipLiteral(std::string_view literal);
    bool skipDigits();
    [[nodiscard]] Error errorAt(std::size_t position, const std::string& problem) const;

    std::string_view m_text;
    std::size_t m_position = 0;
    std::string m_unescaped;
};

}  // namespace skd
