#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skd {

/// Rows of a WikiText raw file as the Hugging Face data set has them: a line of nothing but
/// whitespace is the empty row, any other line keeps its newline.
std::vector<std::string_view> wikitextRows(std::string_view raw);

/// The rows joined by two newlines: the text of the sliding-window perplexity recipes.
std::string joinWikitextRows(std::string_view raw);

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
