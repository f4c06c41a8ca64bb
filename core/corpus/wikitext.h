#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skd {

/// Rows of a WikiText raw file as the Hugging Face data set has them: a line of nothing but
/// whitespace is the empty row, any other line keeps its newline.
std::vector<std::string_view> wikitextRows(std::string_view raw);

/// The rows joined by two newlines: the text of the sliding-window perplexity recipes.
std::string joinWikitextRows(std::string_view raw);

}  // namespace skd
