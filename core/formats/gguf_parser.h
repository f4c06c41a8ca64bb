#pragma once

#include <memory>
#include <span>
#include <string>

#include "formats/gguf_file.h"

/// For gguf_file.cpp: one file, whole or a part of several. See parseGguf for what is checked.
namespace skd {

/// Held in memory; what is returned points into it.
Result<GgufContents> parseGgufPart(std::span<const std::byte> file);

/// A file's metadata and tensor list, copied out of it by reading, which the metadata points into.
struct GgufHead {
    std::shared_ptr<const std::string> bytes;
    GgufContents contents;  ///< its tensors are views into the mapping
};
/// Nothing is read through the mapping: a file that is cut meanwhile is an error.
Result<GgufHead> readGgufHead(const MappedFile& file);

}  // namespace skd
