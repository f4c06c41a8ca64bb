#pragma once

#include <string>
#include <vector>

#include "spec/run_spec.h"

namespace skd::cli {

/// A line for each field of a spec: path, default, what it is, and what it accepts (choices, range,
/// unit); the fields of a list's elements below it.
std::string fieldHelp(const std::vector<FieldDescription>& fields);

}  // namespace skd::cli
