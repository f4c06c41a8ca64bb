#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skd {

/// The text of a top-level `key: value` of a YAML mapping, as PyYAML writes scalars: plain, in
/// single or double quotes, folded over lines (YAML 1.2, sections 7.3 and 5.7). "" for null;
/// nothing where the key is absent or its value is no such scalar.
std::optional<std::string> yamlScalar(std::string_view document, std::string_view key);

}  // namespace skd
