#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skd {

/// The answer that GSM8K's strict-match finds in a text: the first "#### " with a number after it,
/// "[invalid]" where there is none.
std::string strictAnswer(std::string_view text);
/// What flexible-extract finds: the last number, or run of digits, signs of money, points and
/// commas; "[invalid]" where there is none.
std::string flexibleAnswer(std::string_view text);

/// Whether two answers are the same but for case, commas, signs of money, what stands before the
/// last "#### " and a point at the end: exact_match of lm-evaluation-harness 0.4's gsm8k.
bool isExactMatch(std::string_view answer, std::string_view reference);

/// The part of a text before the first of the words: one after the other, as they are given.
std::string_view untilStop(std::string_view text, const std::vector<std::string>& stops);

}  // namespace skd
