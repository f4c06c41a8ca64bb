#include <iostream>

#include "cli/commands.h"
#include "cli/engine_call.h"
#include "requests/export/export_tool.h"

namespace skd::cli {
namespace {

struct ExportArguments {
    ModelArguments model;
    std::string format = "hf", target, out;
    bool force = false;
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
    return request;
}

Result<int> run(const ExportArguments& a, bool json) {
    SKD_TRY(const ExportRequest request, requestOf(a));
    const EngineCall call(json);
    return answer(exportModel(request, call.context), json, [&a](const Json& record) {
        for (const Json& file : memberOf(record, "files"))
            std::cout << (std::filesystem::path(a.out) / valueOr(file, "name", "")).string() << "  "
                      << formatBytes(valueOr(file, "bytes", 0.0)) << "\n";
        if (const std::string gain = valueOr(record, "gain", ""); !gain.empty())
            std::cout << gain << "\n";
    });
}

}  // namespace

void addExport(CLI::App& app, CommandTable& table) {
    CLI::App* command =
        app.add_subcommand("export", "write a model for transformers, vLLM or llama.cpp");
    auto a = std::make_shared<ExportArguments>();
    a->model.dtype = "bf16";
    a->model.addTo(*command);
    command->get_option("--dtype")->description(
        "of the weights written: bf16, f16, f32, for gguf also q8_0");
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
    table.add(command, [=](bool json) { return run(*a, json); });
}

}  // namespace skd::cli
