#include "cli/run_spec_argument.h"

#include "base/files.h"

namespace skd::cli {

void RunSpecArgument::addTo(CLI::App* command) {
    command->add_option("SPEC", file, "run spec (JSON); every field has a default");
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
    for (const std::string& assignment : overrides) SKD_CHECK(applyOverride(json, assignment));
    SKD_TRY(const RunSpec spec, parseRunSpec(json));
    SKD_CHECK(validate(spec));
    SKD_CHECK(checkApplicable(spec));
    return spec;
}

}  // namespace skd::cli
