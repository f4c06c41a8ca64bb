#include "tokenizer/files/ggml_pre_tokenizers.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace skd {
namespace {

struct Row {
    std::string_view name;
    KnownPattern pattern;
    bool digitsFirst = false;  ///< each number is isolated before the pattern runs
    bool nfc = false;
    bool ignoreMerges = false;
    bool addsBos = false;
};

/// Names as llama.cpp knows them, for the patterns that have a scanner.
constexpr std::array kRows{
    Row{"gpt-2", KnownPattern::Gpt2},
    Row{"phi-2", KnownPattern::Gpt2},
    Row{"mpt", KnownPattern::Gpt2},
    Row{"olmo", KnownPattern::Gpt2},
    Row{"jais", KnownPattern::Gpt2},
    Row{"gigachat", KnownPattern::Gpt2},
    Row{"mellum", KnownPattern::Gpt2},
    Row{"a.x-4.0", KnownPattern::Gpt2},
    Row{"exaone4", KnownPattern::Gpt2},
    Row{"trillion", KnownPattern::Gpt2},
    Row{"granite-docling", KnownPattern::Gpt2},
    Row{"smollm", KnownPattern::Gpt2, true},
    Row{"starcoder", KnownPattern::Gpt2, true},
    Row{"refact", KnownPattern::Gpt2, true},
    Row{"command-r", KnownPattern::Gpt2, true},
    Row{"codeshell", KnownPattern::Gpt2, true},
    Row{"exaone", KnownPattern::Gpt2, true},
    Row{"minerva-7b", KnownPattern::Gpt2, true},
    Row{"qwen2", KnownPattern::Qwen2, false, true},
    Row{"deepseek-r1-qwen", KnownPattern::Qwen2},
    Row{"stablelm2", KnownPattern::Qwen2},
    Row{"megrez", KnownPattern::Qwen2},
    Row{"hunyuan", KnownPattern::Qwen2},
    Row{"solar-open", KnownPattern::Qwen2},
    Row{"llama-bpe", KnownPattern::Llama3, false, false, true, true},
    Row{"llama3", KnownPattern::Llama3, false, false, true, true},
    Row{"llama-v3", KnownPattern::Llama3, false, false, true, true},
    Row{"falcon3", KnownPattern::Llama3, false, false, true, true},
    Row{"falcon-h1", KnownPattern::Llama3, false, false, true, true},
    Row{"pixtral", KnownPattern::Llama3, false, false, true, true},
    Row{"midm-2.0", KnownPattern::Llama3, false, false, true, true},
    Row{"lfm2", KnownPattern::Llama3, false, false, true, true},
    Row{"smaug-bpe", KnownPattern::Llama3},
    Row{"dbrx", KnownPattern::Llama3},
    Row{"glm4", KnownPattern::Llama3},
    Row{"chatglm-bpe", KnownPattern::Llama3},
    Row{"gpt-4o", KnownPattern::O200k},
    Row{"llama4", KnownPattern::O200k},
    Row{"minimax-m2", KnownPattern::O200k},
    Row{"tekken", KnownPattern::Tekken, false, false, true, true},
};

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

Json descriptionOf(const Row& row) {
    Json stages = Json::array();
    if (row.digitsFirst) stages.push_back({{"type", "Digits"}, {"individual_digits", true}});
    const bool own = row.pattern != KnownPattern::Gpt2;
    if (own) stages.push_back(splitJson(patternRegex(row.pattern)));
    stages.push_back(byteLevelJson(!own));
    return sequenceJson(std::move(stages));
}

GgmlPreTokenizer fromRow(const Row& row) {
    GgmlPreTokenizer found;
    found.name = row.name;
    found.normalizesNfc = row.nfc;
    found.ignoreMerges = row.ignoreMerges;
    found.addsBos = row.addsBos;
    if (row.digitsFirst)
        found.plan.stages.push_back(matcherSplit(digitMatcher(), SplitBehavior::Isolated, false));
    found.plan.stages.push_back(scannerSplit(row.pattern));
    found.plan.byteLevel = true;
    found.description = descriptionOf(row);
    return found;
}

/// llama.cpp's split for files from before tokenizer.ggml.pre: four patterns one after another.
Result<GgmlPreTokenizer> fourStages() {
    GgmlPreTokenizer found;
    found.name = "default";
    found.plan.byteLevel = true;
    Json stages = Json::array();
    for (const std::string_view pattern :
         {R"([\p{P}\$\+<=>\^~\|]+)",
          R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))", R"(\p{N}+)",
          R"([0-9][0-9][0-9])"}) {
        SKD_TRY(auto matcher, regexMatcher(pattern));
        found.plan.stages.push_back(
            matcherSplit(std::move(matcher), SplitBehavior::Isolated, false));
        stages.push_back(splitJson(pattern));
    }
    stages.push_back(byteLevelJson(false));
    found.description = sequenceJson(std::move(stages));
    return found;
}

}  // namespace

Result<GgmlPreTokenizer> findGgmlPreTokenizer(std::string_view name) {
    if (name.empty() || name == "default") return fourStages();
    const auto row =
        std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.name == name; });
    if (row != kRows.end()) return fromRow(*row);
    std::vector<std::string> names;
    for (const Row& known : kRows) names.emplace_back(known.name);
    const std::string near = nearestName(name, names);
    return fail(
        ErrorCode::Unsupported,
        strCat("tokenizer.ggml.pre = \"", name, "\" is not a pre-tokeniser this program knows",
               near.empty() ? "" : strCat("; did the file mean \"", near, "\"?")));
}

}  // namespace skd
