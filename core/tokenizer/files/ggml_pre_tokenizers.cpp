#include "tokenizer/files/ggml_pre_tokenizers.h"

#include "base/text.h"
#include "tokenizer/pretokenizer/scanners.h"

namespace skd {
namespace {

/// What several names stand for.
struct Meaning {
    std::vector<std::string_view> names;
    KnownPattern pattern = KnownPattern::Gpt2;
    bool digitsFirst = false;  ///< each number is isolated before the pattern runs
    bool nfc = false;
    bool ignoreMerges = false;
    bool addsBos = false;
};

/// Names as llama.cpp knows them, for the patterns that have a scanner.
const std::vector<Meaning>& meanings() {
    static const std::vector<Meaning> kAll{
        {{"gpt-2", "phi-2", "mpt", "olmo", "jais", "gigachat", "mellum", "a.x-4.0", "exaone4",
          "trillion", "granite-docling"}},
        {.names = {"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone",
                   "minerva-7b"},
         .digitsFirst = true},
        {.names = {"qwen2"}, .pattern = KnownPattern::Qwen2, .nfc = true},
        {{"deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan", "solar-open"}, KnownPattern::Qwen2},
        {.names = {"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0",
                   "lfm2"},
         .pattern = KnownPattern::Llama3,
         .ignoreMerges = true,
         .addsBos = true},
        {{"smaug-bpe", "dbrx", "glm4", "chatglm-bpe"}, KnownPattern::Llama3},
        {{"gpt-4o", "llama4", "minimax-m2"}, KnownPattern::O200k},
        {.names = {"tekken"},
         .pattern = KnownPattern::Tekken,
         .ignoreMerges = true,
         .addsBos = true},
    };
    return kAll;
}

Json splitJson(std::string_view regex) {
    return {{"type", "Split"},
            {"pattern", {{"Regex", regex}}},
            {"behavior", "Isolated"},
            {"invert", false}};
}

Json byteLevelJson(bool withRegex) {
    return {{"type", "ByteLevel"},
            {"add_prefix_space", false},
            {"trim_offsets", true},
            {"use_regex", withRegex}};
}

Json sequenceJson(Json stages) {
    if (stages.size() == 1) return stages.front();
    return {{"type", "Sequence"}, {"pretokenizers", std::move(stages)}};
}

Json descriptionOf(const Meaning& meaning) {
    Json stages = Json::array();
    if (meaning.digitsFirst) stages.push_back({{"type", "Digits"}, {"individual_digits", true}});
    const bool own = meaning.pattern != KnownPattern::Gpt2;
    if (own) stages.push_back(splitJson(patternRegex(meaning.pattern)));
    stages.push_back(byteLevelJson(!own));
    return sequenceJson(std::move(stages));
}

/// llama.cpp's split for files from before tokenizer.ggml.pre: four patterns one after another.
Json fourStages() {
    Json stages = Json::array();
    for (const std::string_view pattern :
         {R"([\p{P}\$\+<=>\^~\|]+)",
          R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))", R"(\p{N}+)",
          R"([0-9][0-9][0-9])"})
        stages.push_back(splitJson(pattern));
    stages.push_back(byteLevelJson(false));
    return sequenceJson(std::move(stages));
}

}  // namespace

Result<GgmlPreTokenizer> findGgmlPreTokenizer(std::string_view name) {
    if (name.empty() || name == "default") return GgmlPreTokenizer{fourStages(), "default"};
    std::vector<std::string> known;
    for (const Meaning& meaning : meanings())
        for (const std::string_view one : meaning.names) {
            if (one == name)
                return GgmlPreTokenizer{descriptionOf(meaning), std::string(one), meaning.nfc,
                                        meaning.ignoreMerges, meaning.addsBos};
            known.emplace_back(one);
        }
    const std::string near = nearestName(name, known);
    return fail(
        ErrorCode::Unsupported,
        strCat("tokenizer.ggml.pre = \"", name, "\" is not a pre-tokeniser this program knows",
               near.empty() ? "" : strCat("; did the file mean \"", near, "\"?")));
}

}  // namespace skd
