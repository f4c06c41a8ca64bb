#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace skd {

/// The name that people know the model at `path` by: the last part of the path without .gguf and
/// the number of its part; NAME for models--ORG--NAME of the Hugging Face cache and its snapshots.
/// Looks at the path alone.
std::string modelName(const std::filesystem::path& path);

/// A model path that names no file: what a run ("run:N") or a study's variant ("variant:NAME")
/// ended with.
bool isModelReference(std::string_view path);

}  // namespace skd
