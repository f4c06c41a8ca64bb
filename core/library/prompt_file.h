#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace skd {

/// Prompts of a text file, one on each line that has any text; "resource:NAME" is one that ships
/// with the program. InvalidInput where there is none, or where the file is no UTF-8.
Result<std::vector<std::string>> readPromptFile(const std::string& file);

}  // namespace skd
