#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace skd {

/// Keeps the order of keys, so that what is written reads as it was meant.
using Json = nlohmann::ordered_json;

struct JsonLimits {
    int depth = 64;
    bool allowDuplicateKeys = false;
};

/// Parses untrusted JSON: bounded nesting, valid UTF-8, no duplicate keys, nothing after the value.
/// The error names the line or byte.
Result<Json> parseJson(std::string_view text, const JsonLimits& limits = {});

/// The JSON of a file of at most `limit` bytes; the error names the file.
Result<Json> readJsonFile(const std::filesystem::path& path, std::uint64_t limit = 16u << 20);

/// Compact text; non-finite numbers become null, invalid UTF-8 is replaced.
std::string dumpJson(const Json& value, int indent = -1);

}  // namespace skd
