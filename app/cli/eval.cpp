#include "cli/commands.h"
#include "cli/console_sink.h"
#include "cli/interrupt.h"
#include "run/tools.h"
#include "spec/run_spec.h"

namespace skd::cli {
namespace {

struct EvalArguments {
    ModelRef model;
    EvalSpec spec;
    std::string protocol = "paper-512-256", bos = "auto", dtype = "bf16", device = "auto";
};

template <class E>
Status choose(const std::string& option, const std::string& word, E& target) {
    if (parseEnum(word, target)) return {};
    std::string all;
    for (const std::string& name : enumNames<E>()) all += (all.empty() ? "" : ", ") + name;
    return fail(ErrorCode::InvalidInput, option + " \"" + word + "\" is unknown; choose one of " + all);
}

Status resolve(EvalArguments& a) {
    SKD_CHECK(choose("--protocol", a.protocol, a.spec.protocol));
    SKD_CHECK(choose("--bos", a.bos, a.spec.bos));
    SKD_CHECK(choose("--dtype", a.dtype, a.model.dtype));
    return choose("--device", a.device, a.model.device);
}

int evaluate(EvalArguments& arguments, bool json) {
    if (const Status status = resolve(arguments); !status) return report(status.error(), json);
    const Interrupt interrupt;
    ConsoleSink sink;
    RunContext context;
    context.sink = &sink;
    context.stop = interrupt.token();
    const auto result = evaluateModel(arguments.model, arguments.spec, context);
    if (!result) return report(result.error(), json);
    if (result->value("cancelled", false)) return kCancelled;
    print(*result, json);
    return kDone;
}

}  // namespace

void addEval(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("eval", "perplexity of a model on a text");
    auto a = std::make_shared<EvalArguments>();
    a->spec.maxTokens = 0;
    command->add_option("MODEL", a->model.path, "folder, .gguf file, or a name under .deps/models")->required();
    command->add_option("--text", a->spec.text, "text file; default: the WikiText-2 test split that ships with the program");
    command->add_option("--protocol", a->protocol, "paper-512-256, nonoverlap-2048 or llama.cpp-512");
    command->add_option("--context", a->spec.context, "tokens of a window (default: the protocol's)")->check(CLI::NonNegativeNumber);
    command->add_option("--stride", a->spec.stride, "tokens between windows (default: the protocol's)")->check(CLI::NonNegativeNumber);
    command->add_option("--max-tokens", a->spec.maxTokens, "first tokens of the text; 0 takes all")->check(CLI::NonNegativeNumber);
    command->add_option("--bos", a->bos, "none, window, or auto (where the tokeniser adds one)");
    command->add_option("--dtype", a->dtype, "f32 or bf16");
    command->add_option("--device", a->device, "auto, cpu or cuda");
    command->add_option("--threads", a->model.threads, "CPU threads; 0 takes all cores")->check(CLI::NonNegativeNumber);
    const auto json = addJsonFlag(*command);
    table[command] = [=] { return evaluate(*a, *json); };
}

}  // namespace skd::cli
