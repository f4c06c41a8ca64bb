#include "cli/run_spec_argument.h"

#include "base/files.h"

namespace skd::cli {

Result<RunSpec> changedSpec(Json spec, const std::vector<std::string>& changes) {
    for (const std::string& change : changes) SKD_CHECK(applyOverride(spec, change));
    SKD_TRY(const RunSpec changed, parseRunSpec(spec));
    SKD_CHECK(validate(changed));
    SKD_CHECK(checkApplicable(changed));
    return changed;
}

void RunSpecArgument::addTo(CLI::App* command) {
    command->add_option("SPEC", file, "run spec (JSON); every field has a default");
    command->add_option("--elastic", sizes,
                        "train all sizes between two, as percentages removed, e.g. 15..65: sets "
                        "elastic.largest and elastic.smallest");
    command->add_option("--set", overrides, "change a field, e.g. prune.target=0.35");
}

Result<RunSpec> RunSpecArgument::read() const {
    Json json = Json::object();
    if (!file.empty()) {
        SKD_TRY(const std::string text, readFile(file, 16 << 20));
        auto parsed = parseJson(text);
        if (!parsed) return fail(Error{ErrorCode::InvalidInput, parsed.error().message}.in(file));
        // Checked before the overrides, so that an error names the file's own fields.
        SKD_CHECK(located(parseRunSpec(*parsed), file));
        json = std::move(*parsed);
    }
    if (!json.is_object())
        return fail(ErrorCode::InvalidInput, file + ": a run spec is a JSON object");
    std::vector<std::string> changes = overrides;
    if (!sizes.empty()) {
        auto range = parseSizeRange(sizes);
        if (!range) return fail(range.error().in("--elastic"));
        changes.insert(changes.begin(), {strCat("elastic.largest=", exactText(range->largest)),
                                         strCat("elastic.smallest=", exactText(range->smallest))});
    }
    return changedSpec(std::move(json), changes);
}

}  // namespace skd::cli
