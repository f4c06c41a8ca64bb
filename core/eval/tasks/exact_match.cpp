#include "eval/tasks/exact_match.h"

#include <algorithm>

#include "base/text.h"
#include "eval/tasks/task_text.h"

namespace skd {
namespace {

constexpr std::string_view kDigits = "0123456789", kNumber = "0123456789.,",
                           kMoney = "$0123456789.,", kMark = "#### ", kInvalid = "[invalid]";

/// Characters of `set` from `begin` on.
std::size_t run(std::string_view text, std::size_t begin, std::string_view set) {
    return std::min(text.find_first_not_of(set, begin), text.size()) - begin;
}

/// Length of the match of (-?[$0-9.,]{2,})|(-?[0-9]+) at `begin`; 0 of none.
std::size_t flexibleLength(std::string_view text, std::size_t begin) {
    const std::size_t sign = text[begin] == '-' ? 1 : 0;
    const std::size_t money = run(text, begin + sign, kMoney);
    if (money >= 2) return sign + money;
    const std::size_t digits = run(text, begin + sign, kDigits);
    return digits > 0 ? sign + digits : 0;
}

std::string withoutIgnored(std::string_view text) {
    std::string out(text);
    replaceAll(out, ",", "");
    replaceAll(out, "$", "");
    if (const std::size_t mark = out.rfind(kMark); mark != std::string::npos)
        out.erase(0, mark + kMark.size());
    const bool line = out.ends_with('\n');
    const std::size_t last = out.size() - (line ? 2 : 1);
    if (out.size() > (line ? 1U : 0U) && out[last] == '.') out.erase(last, 1);
    return lower(out);
}

}  // namespace

std::string strictAnswer(std::string_view text) {
    for (std::size_t at = text.find(kMark); at != std::string_view::npos;
         at = text.find(kMark, at + 1)) {
        const std::size_t begin = at + kMark.size(),
                          sign = begin < text.size() && text[begin] == '-' ? 1 : 0;
        const std::size_t length = run(text, std::min(begin + sign, text.size()), kNumber);
        if (length > 0) return std::string(text.substr(begin, sign + length));
    }
    return std::string(kInvalid);
}

std::string flexibleAnswer(std::string_view text) {
    std::string_view found = kInvalid;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = flexibleLength(text, at);
        if (length > 0) found = text.substr(at, length);
        at += std::max<std::size_t>(length, 1);
    }
    return std::string(found);
}

bool isExactMatch(std::string_view answer, std::string_view reference) {
    return withoutIgnored(answer) == withoutIgnored(reference);
}

std::string_view untilStop(std::string_view text, const std::vector<std::string>& stops) {
    for (const std::string& stop : stops)
        if (!stop.empty()) text = text.substr(0, text.find(stop));
    return text;
}

}  // namespace skd
