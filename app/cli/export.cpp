#include <iostream>

#include "cli/commands.h"
#include "cli/engine_call.h"
#include "requests/export/export_tool.h"
#include "spec/run_reference.h"

namespace skd::cli {
namespace {

struct ExportArguments {
    ModelArguments model;
    std::string format = "hf", target, out;
    bool force = false, unchecked = false;
};

Result<ExportRequest> requestOf(const ExportArguments& a) {
    ExportRequest request;
    request.model = a.model.ref;
    SKD_CHECK(choose("--format", a.format, request.format));
    if (!a.target.empty()) {
        SKD_CHECK(choose("--for", a.target, request.target.emplace()));
    }
    SKD_CHECK(choose("--dtype", a.model.dtype, request.type));
    SKD_CHECK(choose("--device", a.model.device, request.model.device));
    request.out = a.out;
    request.workspace = a.model.workspace;
    request.replace = a.force;
    request.check = !a.unchecked;
    return request;
}

void printWritten(const ExportArguments& a, const Json& record) {
    for (const Json& file : memberOf(record, "files"))
        std::cout << (std::filesystem::path(a.out) / valueOr(file, "name", "")).string() << "  "
                  << formatBytes(valueOr(file, "bytes", 0.0)) << "\n";
    if (const std::string gain = valueOr(record, "gain", ""); !gain.empty())
        std::cout << gain << "\n";
    if (const Json& check = memberOf(record, "load_check"); check.is_object())
        std::cout << "Opened again: " << valueOr(check, "equal", std::int64_t{0}) << " of "
                  << valueOr(check, "tokens", std::int64_t{0})
                  << " greedy tokens are the model's own.\n";
    for (const Json& one : memberOf(record, "commands"))
        std::cout << "\n"
                  << valueOr(one, "program", "") << ":\n"
                  << valueOr(one, "command", "") << "\n";
}

void addCheck(CLI::App& command, ExportArguments& a) {
    command.add_flag("--no-check", a.unchecked,
                     "do not open the export again to compare its first tokens");
}

Result<int> run(const ExportArguments& a, bool json) {
    SKD_TRY(const ExportRequest request, requestOf(a));
    const EngineCall call(json);
    return answer(exportModel(request, call.context), json,
                  [&a](const Json& record) { printWritten(a, record); });
}

/// An export of an elastic run's model at one size, in a form of its own choice.
struct SliceArguments {
    ExportArguments written;
    std::int64_t run = 0;
    std::string removed, ranks, form;
};

Result<ExportRequest> sliceRequestOf(const SliceArguments& a) {
    if (a.removed.empty() == a.ranks.empty())
        return fail(ErrorCode::InvalidInput,
                    "give either --removed (a percentage, such as 42) or --ranks (a file)");
    SKD_TRY(ExportRequest request, requestOf(a.written));
    RunReference reference{RunId(a.run), {}, {}};
    if (!a.removed.empty()) {
        SKD_TRY(reference.removed, percentRemoved(a.removed));
    }
    request.model.path = reference.text();
    request.slice.ranks = a.ranks;
    if (!a.form.empty()) SKD_CHECK(choose("--form", a.form, request.slice.form.emplace()));
    return request;
}

void printSlice(const Json& record) {
    const Json& slice = memberOf(record, "slice");
    std::cout << percentText(valueOr(slice, "removed", 0.0)) << " removed, "
              << groupDigits(valueOr(record, "parameters", std::int64_t{0})) << " parameters, "
              << valueOr(slice, "form", "");
    if (slice.contains("largest_entry"))
        std::cout << ": max |C| " << formatNumber(valueOr(slice, "largest_entry", 0.0), 3)
                  << ", condition " << formatNumber(valueOr(slice, "largest_condition", 0.0), 3);
    std::cout << "\n";
}

Result<int> slice(const SliceArguments& a, bool json) {
    SKD_TRY(const ExportRequest request, sliceRequestOf(a));
    const EngineCall call(json);
    return answer(exportModel(request, call.context), json, [&a](const Json& record) {
        printSlice(record);
        printWritten(a.written, record);
    });
}

}  // namespace

void addSlice(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "slice", "write an elastic run's model at one size as a model folder of its own");
    auto a = std::make_shared<SliceArguments>();
    ExportArguments& written = a->written;
    addChecked(command, "RUN", a->run, "number of an elastic run", atLeast(1))->required();
    addWorkspace(command, written.model.workspace);
    command->add_option("--removed", a->removed,
                        "percentage of the target matrices' parameters removed, e.g. 42");
    command->add_option("--ranks", a->ranks,
                        "instead: JSON file with a rank for each elastic matrix by its name");
    command
        ->add_option("--form", a->form,
                     "identity-block, factored or dense (default: the form that the run's ranks "
                     "are priced in)")
        ->check(CLI::IsMember(std::vector<std::string>{enumName(SliceForm::IdentityBlock),
                                                       enumName(SliceForm::Factored),
                                                       enumName(SliceForm::Dense)}));
    written.model.dtype = enumName(ExportType::Bf16);
    command->add_option("--dtype", written.model.dtype, "of the weights written: bf16, f16 or f32");
    command->add_option("--out", written.out, "folder to make")->required();
    command->add_flag("--force", written.force, "replace an export that is already there");
    addCheck(*command, written);
    table.add(command, [=](bool json) { return slice(*a, json); });
}

void addExport(CLI::App& app, CommandTable& table) {
    CLI::App* command =
        app.add_subcommand("export", "write a model for transformers, vLLM or llama.cpp");
    auto a = std::make_shared<ExportArguments>();
    a->model.dtype = "bf16";
    a->model.addTo(*command);
    command->get_option("--dtype")->description(
        "of the weights written: bf16, f16, f32, for gguf also q8_0, q4_0, q4_k_m, q5_k_m, q6_k");
    CLI::Option* format = command->add_option(
        "--format", a->format,
        "hf (pruned layers as they are, with a modelling file), hf-dense (stock classes, factors "
        "multiplied out), gguf (llama.cpp)");
    command
        ->add_option("--for", a->target,
                     "transformers, vllm or llama.cpp: chooses the format that keeps most of the "
                     "model there, and says what it keeps or loses")
        ->excludes(format);
    command->add_option("--out", a->out, "folder to make")->required();
    command->add_flag("--force", a->force, "replace an export that is already there");
    addCheck(*command, *a);
    table.add(command, [=](bool json) { return run(*a, json); });
}

}  // namespace skd::cli
