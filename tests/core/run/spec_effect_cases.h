#pragma once

#include <iosfwd>
#include <vector>

namespace skd::test {

/// A field of a run spec, another value, and what that changes.
struct FieldCase {
    const char* path;
    const char* value;                    ///< as given to --set
    const char* changes;                  ///< JSON pointer into the outcome
    std::vector<const char*> where = {};  ///< other fields this one needs to matter
};

void PrintTo(const FieldCase& field, std::ostream* out);

/// One case for every field of a run spec.
const std::vector<FieldCase>& effectCases();

}  // namespace skd::test
