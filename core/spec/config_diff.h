#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace skd {

/// A leaf in which specs differ; one value per spec, null where a spec lacks it.
struct FieldDifference {
    std::string path;  ///< "prune.target", "corpus.shares.1.weight"
    std::vector<Json> values;
};

/// The leaves in which the objects differ, in the order in which they stand; lists of equal length
/// are compared element by element, others as a whole.
std::vector<FieldDifference> configDiff(const std::vector<Json>& specs);

/// A value as users read it: text without quotes, whole numbers grouped, lists as compact JSON.
std::string shownValue(const Json& value);

}  // namespace skd
