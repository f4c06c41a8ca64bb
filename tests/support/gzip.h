#pragma once

#include <string>
#include <string_view>

namespace skd::test {

/// `text` as one gzip member.
std::string gzip(std::string_view text);

}  // namespace skd::test
