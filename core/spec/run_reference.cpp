#include "spec/run_reference.h"

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

constexpr std::string_view kRunPrefix = "run:";

Error noReference(std::string_view text) {
    return {ErrorCode::InvalidInput,
            strCat("\"", text,
                   "\" does not name a run's model; write run:12, run:12@40 for its step 40, or "
                   "run:12@42% for the slice of an elastic run with 42 % removed (run:12@40@42% at "
                   "its step 40)")};
}

/// What stands between '@' and the next one, or the end; `rest` continues behind it.
std::string_view takePart(std::string_view& rest) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('@'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end);
    return part;
}

}  // namespace

std::optional<std::int64_t> wholeNumber(std::string_view text) {
    const auto value = parseNumber<std::int64_t>(text);
    return value && *value >= 0 ? value : std::nullopt;
}

std::optional<double> removedFraction(std::string_view percent) {
    // Digits and a point alone: "1e1" and "nan" are numbers as well.
    if (percent.find_first_not_of("0123456789.") != std::string_view::npos) return {};
    const auto value = parseNumber<double>(percent);
    if (!value || *value >= 100) return {};
    // The point moves in the text: a quotient would be rounded a second time.
    const std::size_t point = std::min(percent.find('.'), percent.size());
    const std::size_t decimals = percent.size() - std::min(point + 1, percent.size());
    std::string digits(percent);
    std::erase(digits, '.');
    return parseNumber<double>(strCat(digits, "e-", decimals + 2));
}

bool isSizeBetween(double removed, double largest, double smallest) {
    constexpr double kRounding = 1e-9;  // 0.15 may have been 15 / 100
    return removed >= largest - kRounding && removed <= smallest + kRounding;
}

std::string removedPercent(double fraction) {
    // 100 x is seldom the number that was read: the shortest text that gives the fraction again.
    constexpr int kDecimals = 20;
    std::string text;
    for (int decimals = 0; decimals <= kDecimals; ++decimals) {
        text = formatFixed(100 * fraction, decimals);
        if (removedFraction(text) == fraction) break;
    }
    return text;
}

std::string RunReference::text() const {
    std::string text = strCat(kRunPrefix, run.value());
    if (step) text += strCat("@", *step);
    if (removed) text += strCat("@", removedPercent(*removed), "%");
    return text;
}

Result<std::optional<RunReference>> parseRunReference(std::string_view text) {
    if (!text.starts_with(kRunPrefix)) return std::optional<RunReference>();
    std::string_view rest = text.substr(kRunPrefix.size());
    const std::size_t end = std::min(rest.find('@'), rest.size());
    const auto run = wholeNumber(rest.substr(0, end));
    if (!run || *run == 0) return fail(noReference(text));
    rest.remove_prefix(end);
    RunReference reference{RunId(*run), {}, {}};
    while (!rest.empty()) {
        const std::string_view part = takePart(rest);
        const bool isSize = part.ends_with('%');
        if (reference.removed || (!isSize && reference.step)) return fail(noReference(text));
        if (isSize)
            reference.removed = removedFraction(part.substr(0, part.size() - 1));
        else
            reference.step = wholeNumber(part);
        if (isSize ? !reference.removed.has_value() : !reference.step.has_value())
            return fail(noReference(text));
    }
    return std::optional(reference);
}

}  // namespace skd
