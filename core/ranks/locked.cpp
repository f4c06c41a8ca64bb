#include "ranks/locked.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace skd {
namespace {

/// Names and all their beginnings up to a dot.
std::vector<std::string> lockable(const std::vector<MatrixInfo>& matrices) {
    std::set<std::string> all;
    for (const MatrixInfo& matrix : matrices) {
        const std::string& name = matrix.name;
        all.insert(name);
        for (std::size_t dot = name.find('.'); dot != std::string::npos;
             dot = name.find('.', dot + 1))
            all.insert(name.substr(0, dot));
    }
    return {all.begin(), all.end()};
}

}  // namespace

bool isNamedBy(const std::string& name, const std::string& entry) {
    return name.starts_with(entry) && (name.size() == entry.size() || name[entry.size()] == '.');
}

bool isLocked(const std::string& name, const std::vector<std::string>& locked) {
    return std::any_of(locked.begin(), locked.end(),
                       [&](const std::string& entry) { return isNamedBy(name, entry); });
}

Status checkNames(const std::vector<MatrixInfo>& matrices, const std::vector<std::string>& entries,
                  const char* field) {
    for (const std::string& entry : entries) {
        if (std::any_of(matrices.begin(), matrices.end(),
                        [&](const MatrixInfo& matrix) { return isNamedBy(matrix.name, entry); }))
            continue;
        const std::string nearest = nearestName(entry, lockable(matrices));
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", field, "\" names \"", entry,
                           "\", which no matrix of the model is called or begins with",
                           nearest.empty() ? "" : "; nearest is " + nearest));
    }
    return {};
}

Status checkLocked(const std::vector<MatrixInfo>& matrices,
                   const std::vector<std::string>& locked) {
    return checkNames(matrices, locked, "prune.locked");
}

}  // namespace skd
