#include "spec/presets.h"

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/resources.h"

namespace skd {
namespace {

/// Files of presets/ that hold variants (studies), or those that do not, as `parse` reads them.
template <class Spec>
Result<std::vector<Spec>> shipped(bool studies, Result<Spec> (*parse)(const Json&)) {
    SKD_TRY(const std::filesystem::path folder, resourceFolder());
    std::vector<Spec> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "presets", error)) {
        if (entry.path().extension() != ".json") continue;
        SKD_TRY(const std::string text, readFile(entry.path(), 16 << 20));
        const auto json = parseJson(text);
        if (!json || !json->is_object() || json->contains("variants") != studies) continue;
        SKD_TRY(found.emplace_back(), located(parse(*json), entry.path().string()));
    }
    if (error) return fail(ioError("cannot read", folder / "presets", error.value()));
    std::ranges::sort(found, {}, &Spec::name);
    return found;
}

}  // namespace

Result<std::vector<StudySpec>> shippedStudies() {
    return shipped<StudySpec>(true, &parseStudySpec);
}
Result<std::vector<RunSpec>> shippedRuns() {
    return shipped<RunSpec>(false, &parseRunSpec);
}

}  // namespace skd
