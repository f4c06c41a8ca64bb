#pragma once

#include <filesystem>

#include "base/result.h"

namespace skd::test {

/// A workspace with one study: two variants, two seeds each, with the paper's figures; and a grid
/// of `sweep` runs that differ in target and learning rate. Invented figures, never shipped.
Status writeStudyWorkspace(const std::filesystem::path& file, int sweep = 12);

}  // namespace skd::test
