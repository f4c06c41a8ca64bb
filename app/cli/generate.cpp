#include <iostream>

#include "cli/commands.h"
#include "cli/engine_call.h"
#include "requests/generate_tool.h"

namespace skd::cli {
namespace {

struct GenerateArguments {
    ModelArguments model;
    GenerateRequest request;
    std::string chat, system;
};

/// Writes the text on stdout as it comes; several answers one after another, each when it is
/// complete.
class TalkSink final : public EventSink {
public:
    TalkSink(std::int64_t answers, bool json)
        : m_texts(static_cast<std::size_t>(answers)), m_json(json) {}

    void emit(Event event) override {
        const auto* tokens = std::get_if<TokensGenerated>(&event);
        if (tokens == nullptr) return m_console.emit(std::move(event));
        if (m_json) return;
        if (m_texts.size() == 1) {
            std::cout << tokens->text << std::flush;
            if (!tokens->ended.empty()) std::cout << std::endl;
            return;
        }
        std::string& text = m_texts[static_cast<std::size_t>(tokens->sequence)];
        text += tokens->text;
        if (!tokens->ended.empty()) std::cout << tokens->sequence + 1 << ": " << text << std::endl;
    }

private:
    ConsoleSink m_console;
    std::vector<std::string> m_texts;
    bool m_json;
};

Status resolve(GenerateArguments& a) {
    if (a.chat.empty() == a.request.prompt.empty())
        return fail(ErrorCode::InvalidInput,
                    "give either --prompt (text to continue) or --chat (a question, written by the "
                    "model's chat template)");
    if (!a.system.empty() && a.chat.empty())
        return fail(ErrorCode::InvalidInput, "--system goes with --chat");
    if (!a.system.empty()) a.request.chat.push_back({ChatRole::System, a.system});
    if (!a.chat.empty()) a.request.chat.push_back({ChatRole::User, a.chat});
    return a.model.resolve();
}

Result<int> generate(GenerateArguments& arguments, bool json) {
    SKD_CHECK(resolve(arguments));
    EngineCall call;
    TalkSink sink(arguments.request.answers, json);
    call.context.sink = &sink;
    SKD_TRY(const Json result, generateText(arguments.model.ref, arguments.request,
                                            arguments.model.runs(), call.context));
    if (json) print(result, true);
    return valueOr(result, "cancelled", false) ? kCancelled : kDone;
}

}  // namespace

void addGenerate(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("generate", "continue a text, or answer a question");
    auto a = std::make_shared<GenerateArguments>();
    a->model.addTo(*command);
    command->add_option("--prompt", a->request.prompt, "text to continue, special tokens included");
    command->add_option("--chat", a->chat, "a question, written by the model's chat template");
    command->add_option("--system", a->system, "system message before the question");
    addChecked(command, "--answers,--batch", a->request.answers, "answers side by side",
               CLI::Range(1, 1024));
    addSampling(command, a->request);
    command->add_flag("--ignore-eos", a->request.ignoreEos,
                      "continue past tokens that end an answer");
    command->add_option("--against", a->request.against,
                        "reference model on the same tokens: KL per token (with --json its mean)");
    table.add(command, [=](bool json) { return generate(*a, json); });
}

}  // namespace skd::cli
