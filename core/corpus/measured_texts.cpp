#include "corpus/measured_texts.h"

#include <algorithm>

namespace skd {

const std::vector<MeasuredText>& measuredTexts() {
    static const std::vector<MeasuredText> kTexts{
        {"WikiText-2 test split",
         {"test", "resource:text/wikitext-2-test.raw", CorpusFormat::WikiText},
         ""},
        {"WikiText-2 validation split, second half",
         {"wikitext", "resource:held-out/wikitext-2-valid-rest.txt", CorpusFormat::WikiText},
         "resource:corpus/wikitext-2-valid.txt"},
        {"held-out part of the C4 sample",
         {"c4", "resource:held-out/c4.jsonl", CorpusFormat::Jsonl, {"text"}},
         "resource:corpus/c4.jsonl"},
        {"GSM8K test split",
         {"gsm8k", "resource:held-out/gsm8k.jsonl", CorpusFormat::Jsonl, {"question", "answer"}},
         "resource:corpus/gsm8k.jsonl"},
        {"held-out part of the code sample",
         {"code", "resource:held-out/code.jsonl", CorpusFormat::Jsonl, {"content"}},
         "resource:corpus/code.jsonl"}};
    return kTexts;
}

std::optional<CorpusShare> heldOutOf(const CorpusShare& share) {
    const auto found = std::ranges::find(measuredTexts(), share.path, &MeasuredText::corpusPath);
    if (share.path.empty() || found == measuredTexts().end()) return std::nullopt;
    CorpusShare held = share;
    held.path = found->source.path;
    return held;
}

}  // namespace skd
