#include "cli/commands.h"
#include "cli/session_runner.h"

#include "base/files.h"

namespace skd::cli {
namespace {

struct RunArguments {
    std::string spec, workspace = defaultWorkspace();
    std::vector<std::string> overrides;
    std::int64_t resume = 0;
    bool help = false;
};

Result<RunSpec> specOf(const RunArguments& a) {
    Json json = Json::object();
    if (!a.spec.empty()) {
        SKD_TRY(const std::string text, readFile(a.spec, 16 << 20));
        auto parsed = parseJson(text);
        if (!parsed) return fail(Error{ErrorCode::InvalidInput, parsed.error().message}.in(a.spec));
        // Checked before the overrides, so that an error names the file's own fields.
        if (const auto checked = parseRunSpec(*parsed); !checked)
            return fail(checked.error().in(a.spec));
        json = std::move(*parsed);
    }
    if (!json.is_object())
        return fail(ErrorCode::InvalidInput, a.spec + ": a run spec is a JSON object");
    for (const std::string& assignment : a.overrides) SKD_CHECK(applyOverride(json, assignment));
    SKD_TRY(const RunSpec spec, parseRunSpec(json));
    SKD_CHECK(validate(spec));
    return spec;
}

int run(const RunArguments& a, bool json) {
    RunRequest request{a.workspace, {}, {}, json};
    if (a.resume > 0) {
        request.resume = a.resume;
        return runInSession(request);
    }
    const auto spec = specOf(a);
    if (!spec) return report(spec.error(), json);
    request.spec = *spec;
    return runInSession(request);
}

}  // namespace

void addRun(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("run", "prune, distil and measure as a spec describes");
    auto a = std::make_shared<RunArguments>();
    command->add_option("SPEC", a->spec, "run spec (JSON); every field has a default");
    command->add_option("--workspace", a->workspace, "SQLite file that keeps the run");
    command->add_option("--set", a->overrides, "change a field, e.g. prune.target=0.35");
    command->add_option("--resume", a->resume, "resume this run from its last checkpoint")
        ->check(CLI::PositiveNumber);
    const auto json = addJsonFlag(*command);
    table[command] = [=] { return run(*a, *json); };
    std::string fields = "Fields of a spec:\n";
    for (const FieldDescription& field : describeRunSpec())
        fields += "  " + field.path + " = " + dumpJson(field.defaultValue).substr(0, 60) + "  " +
                  field.info.help + "\n";
    command->footer(fields);
}

}  // namespace skd::cli
