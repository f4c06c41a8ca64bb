#include "spec/mask_pattern.h"

#include "base/text.h"

namespace skd {
namespace {

constexpr std::int64_t kLargestGroup = 64;

}  // namespace

Result<MaskPattern> parseMaskPattern(const std::string& text) {
    const std::string_view whole = text;
    const std::size_t colon = std::min(whole.find(':'), whole.size());
    const auto keep = parseNumber<std::int64_t>(whole.substr(0, colon));
    const auto group = parseNumber<std::int64_t>(whole.substr(std::min(colon + 1, whole.size())));
    if (!keep || !group || *keep < 1 || *keep >= *group || *group > kLargestGroup)
        return fail(ErrorCode::InvalidInput,
                    strCat("\"prune.pattern\" is \"", text,
                           "\"; give n:m with 0 < n < m <= ", kLargestGroup,
                           ", e.g. 2:4 keeps 2 of every 4 weights, or leave it empty"));
    return MaskPattern{*keep, *group};
}

}  // namespace skd
