#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace skd {

/// What the name of a part says that llama-gguf-split has written: NAME-00002-of-00003.gguf.
struct GgufPart {
    std::string name;  ///< NAME
    std::int64_t number = 1, count = 1;
};
/// Nothing for names of another form.
std::optional<GgufPart> ggufPart(const std::filesystem::path& path);
/// The file of part `number` (from 1) beside `path`.
std::filesystem::path ggufPartBeside(const std::filesystem::path& path, const GgufPart& part,
                                     std::int64_t number);
/// NAME of a part, else the name without .gguf.
std::string ggufName(const std::filesystem::path& path);
/// True for every part but the first, by which a model in parts is opened.
bool isLaterGgufPart(const std::filesystem::path& path);

}  // namespace skd
