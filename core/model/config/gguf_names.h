#pragma once

namespace skd {

/// llama.cpp's name for llama with widths of MLPs and numbers of heads by layer, as arrays. Widths
/// may differ; heads have to be the same everywhere.
constexpr const char* kGgufLayeredLlama = "deci";

}  // namespace skd
