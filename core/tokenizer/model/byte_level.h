#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skd {

/// GPT-2's way to write any byte as a visible character: bytes 33-126, 161-172 and 174-255 stand
/// for themselves, the other 68 in order for U+0100, U+0101, ...
/// The bytes that `visible` stands for; nothing when one of its characters stands for no byte.
std::optional<std::string> bytesOfVisible(std::string_view visible);

}  // namespace skd
