#pragma once

#include <string>
#include <string_view>
#include <vector>

/// How the texts of published tasks are prepared, as lm-evaluation-harness 0.4 does it. All texts
/// are well-formed UTF-8.
namespace skd {

/// Without the white space at its end, and at both ends: what Python's str.isspace knows.
std::string_view withoutTrailingSpace(std::string_view text);
std::string_view withoutOuterSpace(std::string_view text);

/// A text of HellaSwag: " [title]" is a full stop, other brackets and what is in them are left out,
/// two spaces are one.
std::string hellaSwagText(std::string_view text);

/// The choices in MathQA's "a ) 38 , b ) 27.675 , c ) 30 , d ) data inadequate , e ) none": each up
/// to the comma after it, without "a ) " and the spaces and commas at its end.
std::vector<std::string> mathQaChoices(std::string_view options);

}  // namespace skd
