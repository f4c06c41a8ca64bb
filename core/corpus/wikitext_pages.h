#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skd {

/// The pages of a WikiText raw file (UTF-8): a line "= Title =" opens one; a blank part before
/// the first title is dropped. A text without titles is one page.
std::vector<std::string> wikitextPages(std::string_view raw);

/// A page as lm-evaluation-harness scores it (task wikitext 2.0; resources/help/method.md, Pages of
/// lm-eval-wikitext): spaces around punctuation taken back, number separators closed, inner spaces
/// of brackets and quotes trimmed.
std::string detokenizeWikitext(std::string page);

/// Words of a page as that task counts them: the parts between runs of whitespace, empty ones at
/// either end included.
std::int64_t countWikitextWords(std::string_view page);

}  // namespace skd
