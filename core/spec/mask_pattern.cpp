#include "spec/mask_pattern.h"

#include <charconv>

#include "base/text.h"

namespace skd {
namespace {

constexpr std::int64_t kLargestGroup = 64;

bool readAll(std::string_view text, std::int64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<MaskPattern> parseMaskPattern(const std::string& text) {
    MaskPattern pattern;
    const std::size_t colon = text.find(':');
    const bool read = colon != std::string::npos &&
                      readAll(std::string_view(text).substr(0, colon), pattern.keep) &&
                      readAll(std::string_view(text).substr(colon + 1), pattern.group);
    if (!read || pattern.keep < 1 || pattern.keep >= pattern.group || pattern.group > kLargestGroup)
        return fail(ErrorCode::InvalidInput,
                    strCat("\"prune.pattern\" is \"", text,
                           "\"; give n:m with 0 < n < m <= ", kLargestGroup,
                           ", e.g. 2:4 keeps 2 of every 4 weights, or leave it empty"));
    return pattern;
}

}  // namespace skd
