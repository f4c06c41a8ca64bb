#include "ranks/locked.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace skd {
namespace {

bool covers(const std::string& entry, const std::string& name) {
    return name.starts_with(entry) && (name.size() == entry.size() || name[entry.size()] == '.');
}

/// Names and all their beginnings up to a dot.
std::vector<std::string> lockable(const std::vector<std::string>& names) {
    std::set<std::string> all(names.begin(), names.end());
    for (const std::string& name : names)
        for (std::size_t dot = name.find('.'); dot != std::string::npos;
             dot = name.find('.', dot + 1))
            all.insert(name.substr(0, dot));
    return {all.begin(), all.end()};
}

}  // namespace

bool isLocked(const std::string& name, const std::vector<std::string>& locked) {
    return std::any_of(locked.begin(), locked.end(),
                       [&](const std::string& entry) { return covers(entry, name); });
}

Status checkLocked(const std::vector<std::string>& names, const std::vector<std::string>& locked) {
    for (const std::string& entry : locked) {
        if (std::any_of(names.begin(), names.end(),
                        [&](const std::string& name) { return covers(entry, name); }))
            continue;
        const std::string nearest = nearestName(entry, lockable(names));
        return fail(ErrorCode::InvalidInput,
                    strCat("\"prune.locked\" names \"", entry,
                           "\", which no matrix of the model is called or begins with",
                           nearest.empty() ? "" : "; nearest is " + nearest));
    }
    return {};
}

}  // namespace skd
