#include "corpus/measured_texts.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace skd {

namespace {

/// Member by member: where an allocation fails in a nested aggregate, g++ 12 destroys members that
/// it has not made yet.
MeasuredText measuredText(const char* name, const char* share, CorpusFormat format,
                          std::pair<const char*, const char*> paths,
                          std::initializer_list<const char*> fields = {"text"}) {
    MeasuredText text;
    text.name = name;
    text.source.name = share;
    text.source.path = paths.first;
    text.source.format = format;
    text.source.fields.assign(fields.begin(), fields.end());
    text.corpusPath = paths.second;
    return text;
}

std::vector<MeasuredText> makeMeasuredTexts() {
    std::vector<MeasuredText> texts;
    texts.push_back(measuredText("WikiText-2 test split", "test", CorpusFormat::WikiText,
                                 {"resource:text/wikitext-2-test.raw", ""}));
    texts.push_back(measuredText(
        "WikiText-2 validation split, second half", "wikitext", CorpusFormat::WikiText,
        {"resource:held-out/wikitext-2-valid-rest.txt", "resource:corpus/wikitext-2-valid.txt"}));
    texts.push_back(measuredText("held-out part of the C4 sample", "c4", CorpusFormat::Jsonl,
                                 {"resource:held-out/c4.jsonl", "resource:corpus/c4.jsonl"}));
    texts.push_back(measuredText("GSM8K test split", "gsm8k", CorpusFormat::Jsonl,
                                 {"resource:held-out/gsm8k.jsonl", "resource:corpus/gsm8k.jsonl"},
                                 {"question", "answer"}));
    texts.push_back(measuredText("held-out part of the code sample", "code", CorpusFormat::Jsonl,
                                 {"resource:held-out/code.jsonl", "resource:corpus/code.jsonl"},
                                 {"content"}));
    return texts;
}

}  // namespace

const std::vector<MeasuredText>& measuredTexts() {
    static const std::vector<MeasuredText> kTexts = makeMeasuredTexts();
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
