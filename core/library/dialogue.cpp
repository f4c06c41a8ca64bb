#include "library/dialogue.h"

#include <set>

#include "base/files.h"
#include "base/text.h"
#include "formats/gguf_file.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLimit = 64ull << 20;

/// The object in a file of a model folder; empty where there is no such file.
Result<Json> optionalObject(const fs::path& path) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return Json::object();
    SKD_TRY(Json json, readJsonFile(path, kLimit));
    if (!json.is_object())
        return fail(ErrorCode::Corrupt, strCat(path.string(), " is not a JSON object"));
    return json;
}

/// eos_token_id: a number or a list of them.
void addIds(const Json& object, std::set<TokenId>& ids) {
    const Json value = valueOr(object, "eos_token_id", Json());
    for (const Json& id : value.is_array() ? value : Json::array({value}))
        if (const auto number = valueAs<std::int32_t>(id); number && *number >= 0)
            ids.insert(static_cast<TokenId>(*number));
}

/// chat_template: a string, or a list of named ones, of which "default" counts.
std::string templateIn(const Json& config) {
    const Json value = valueOr(config, "chat_template", Json());
    if (!value.is_array()) return valueOr(value, "");
    for (const Json& entry : value)
        if (valueOr(entry, "name", "") == "default") return valueOr(entry, "template", "");
    return {};
}

struct Found {
    std::string jinja;
    std::set<TokenId> stop;
};

Result<Found> fromFolder(const fs::path& folder) {
    Found found;
    std::error_code ignored;
    SKD_TRY(const Json tokenizer, optionalObject(folder / "tokenizer_config.json"));
    found.jinja = templateIn(tokenizer);
    if (fs::exists(folder / "chat_template.jinja", ignored)) {
        SKD_TRY(found.jinja, readFile(folder / "chat_template.jinja", kLimit));
    }
    for (const char* name : {"generation_config.json", "config.json"}) {
        SKD_TRY(const Json config, optionalObject(folder / name));
        addIds(config, found.stop);
    }
    return found;
}

Result<Found> fromGguf(const fs::path& path) {
    Found found;
    SKD_TRY(const GgufFile file, GgufFile::open(path));
    SKD_TRY(const std::string_view jinja, file.metadata().string("tokenizer.chat_template", ""));
    found.jinja = jinja;
    for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                            "tokenizer.ggml.eom_token_id"}) {
        SKD_TRY(const std::int64_t id, file.metadata().integer(key, -1));
        if (id >= 0 && id <= 0x7FFFFFFF) found.stop.insert(static_cast<TokenId>(id));
    }
    return found;
}

/// How a special token is written; empty where there is none.
std::string spelling(const Tokenizer& tokenizer, std::optional<TokenId> id) {
    return id ? tokenizer.tokenText(*id) : std::string();
}

}  // namespace

Result<Dialogue> readDialogue(const OpenModel& model) {
    const std::string source = model.about.is_object()
                                   ? valueOr(model.about, "model_path", std::string())
                                   : model.summary.path;
    SKD_TRY(const fs::path path, resolveModelPath(source));
    std::error_code ignored;
    SKD_TRY(Found found, fs::is_directory(path, ignored) ? fromFolder(path) : fromGguf(path));
    const Tokenizer& tokenizer = *model.tokenizer;
    if (tokenizer.eos()) found.stop.insert(*tokenizer.eos());
    Dialogue dialogue{{std::move(found.jinja), spelling(tokenizer, tokenizer.bos()),
                       spelling(tokenizer, tokenizer.eos())},
                      {}};
    if (const auto chat = ChatTemplate::recognise(dialogue.chatTemplate)) {
        const auto end = tokenizer.encode(chat->endOfTurn());
        if (end && end->size() == 1) found.stop.insert(end->front());
    }
    dialogue.stop.assign(found.stop.begin(), found.stop.end());
    return dialogue;
}

Result<PromptTokens> readPrompt(const OpenModel& model, const Dialogue& dialogue,
                                const std::string& prompt,
                                const std::vector<ChatMessage>& messages) {
    PromptTokens read;
    const Result<ChatTemplate> layout = ChatTemplate::recognise(dialogue.chatTemplate);
    read.chat = !messages.empty() && (layout || prompt.empty());
    if (read.chat) {
        if (!layout) return fail(layout.error());
        SKD_TRY(const std::string text, layout->render(messages, true));
        SKD_TRY(read.ids, model.tokenizer->encode(text));
    } else {
        SKD_TRY(read.ids, model.tokenizer->encode(prompt, {.addSpecialTokens = true}));
    }
    if (read.ids.empty())
        return fail(ErrorCode::InvalidInput,
                    "the prompt has no tokens; give some text to continue");
    for (const TokenId id : read.ids)
        if (static_cast<std::int64_t>(id) >= model.decoder.config.vocabularySize)
            return fail(ErrorCode::InvalidInput,
                        strCat("the prompt has the token ", id, ", but the model knows ",
                               model.decoder.config.vocabularySize,
                               "; tokeniser and model do not belong together"));
    return read;
}

}  // namespace skd
