#pragma once

#include <string>
#include <string_view>

namespace skd::test {

/// What is wrong with an XML document (an optional <!DOCTYPE html> in front), or "". A strict
/// reader of its own: tags balance and nest, attributes are quoted and unique, references are
/// known, text holds no bare '<' or '&', ids are unique, one root.
std::string xmlProblem(std::string_view document);

}  // namespace skd::test
