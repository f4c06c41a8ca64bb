#pragma once

#include <filesystem>
#include <string_view>

#include "base/json.h"

namespace skd {

/// A JSON file of our own that is read back. Its bytes prove themselves:
///   {"format":FORMAT,"version":1,"xxh3":"32 digits","content":CONTENT}\n
/// with the XXH3-128 of CONTENT's bytes, all else fixed, so that a flipped bit anywhere and a cut
/// anywhere are noticed. Files of earlier versions, the content alone, are still read.
struct VerifiedFormat {
    std::string_view name;
    std::uint64_t limit = 64 << 20;  ///< bytes of the largest file that is read
};

Status writeVerifiedJson(const std::filesystem::path& path, const VerifiedFormat& format,
                         const Json& content);

/// The content. NotFound where there is no file, Corrupt where it is not what was written, Newer
/// for one of a later version; Io and the like say nothing of the contents.
Result<Json> readVerifiedJson(const std::filesystem::path& path, const VerifiedFormat& format);

}  // namespace skd
