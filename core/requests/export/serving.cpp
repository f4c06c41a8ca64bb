#include "requests/export/serving.h"

#include "base/processes/child_process.h"
#include "base/text.h"

namespace skd {
namespace {

/// `word` as one word of a shell's command line, which is never an option.
std::string shellWord(const std::string& word) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
    const std::string path = (word.starts_with('-') ? "./" : "") + escapeLine(word);
    return path.find_first_not_of(kPlain) == std::string::npos ? path : shellQuoted(path);
}

/// A text of JSON is one of Python.
std::string pythonUse(const std::string& folder, bool remote) {
    const std::string code = remote ? ", trust_remote_code=True" : "",
                      place = dumpJson(Json(escapeLine(folder)));
    return strCat("from transformers import AutoModelForCausalLM, AutoTokenizer\n\n",
                  "tokenizer = AutoTokenizer.from_pretrained(", place, code,
                  ")\nmodel = AutoModelForCausalLM.from_pretrained(", place, code,
                  ", dtype=\"auto\")\ninputs = tokenizer(\"Hello\", return_tensors=\"pt\")\n",
                  "print(tokenizer.decode(model.generate(**inputs, max_new_tokens=32)[0]))");
}

}  // namespace

std::vector<ServeCommand> serveCommands(const Json& record, const std::string& folder) {
    const Json format = memberOf(record, "format");
    if (format == "gguf") {
        const std::string name = valueOr(record, "model", ""),
                          file = shellWord(folder == "." ? name : folder + "/" + name);
        return {{"llama.cpp", strCat("llama-cli -m ", file, " -p \"Hello\" -n 32 --single-turn")},
                {"llama.cpp", strCat("llama-server -m ", file)}};
    }
    const bool remote = format == "hf";
    return {{"transformers", pythonUse(folder, remote)},
            {"vLLM", strCat("vllm serve ", shellWord(folder),
                            remote ? " --trust-remote-code --model-impl transformers" : "")}};
}

Json toJson(const std::vector<ServeCommand>& commands) {
    Json list = Json::array();
    for (const ServeCommand& one : commands)
        list.push_back({{"program", one.program}, {"command", one.command}});
    return list;
}

}  // namespace skd
