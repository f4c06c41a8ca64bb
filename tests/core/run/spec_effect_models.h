#pragma once

#include <filesystem>

namespace skd::test {

/// The model folders that the cases of spec fields run on, made of the `workbench` fixture: `sound`
/// (three layers, a begin-of-text token, a chat template) and `broken` (as well, one embedding so
/// large that logits overflow).
void writeEffectModels(const std::filesystem::path& folder);

}  // namespace skd::test
