#pragma once

#include "base/fields.h"

namespace skd {

enum class CorpusFormat { Jsonl, Text };
template <>
struct EnumNames<CorpusFormat> {
    static constexpr std::array<std::pair<CorpusFormat, const char*>, 2> values{
        {{CorpusFormat::Jsonl, "jsonl"}, {CorpusFormat::Text, "text"}}};
};

/// One source of a corpus and its share of the samples.
struct CorpusShare {
    std::string name;
    std::string path;
    CorpusFormat format = CorpusFormat::Jsonl;
    std::vector<std::string> fields{"text"};
    double weight = 1.0;

    bool operator==(const CorpusShare&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("name", self.name, FieldInfo{"how the share is called in reports"});
        visitor.field("path", self.path, FieldInfo{"file; resource:NAME takes one that ships with the program"});
        visitor.field("format", self.format, FieldInfo{"jsonl: one object a line; text: one document a file"});
        visitor.field("fields", self.fields, FieldInfo{"fields of a line, joined by a newline"});
        visitor.field("weight", self.weight, FieldInfo{"share of the samples, relative to the others", "", 0, 1e6});
    }
};

/// The text a run calibrates and distils on: packed samples drawn from shares by seed.
struct CorpusSpec {
    std::string folder;
    std::vector<CorpusShare> shares = defaultShares();
    std::int64_t sequenceLength = 256;
    std::int64_t samples = 512;

    bool operator==(const CorpusSpec&) const = default;

    /// The paper's mixture: 30 % C4, 25 % WikiText-2, 25 % GSM8K, 20 % code (samples that ship with the program).
    static std::vector<CorpusShare> defaultShares() {
        return {{"c4", "resource:corpus/c4.jsonl", CorpusFormat::Jsonl, {"text"}, 0.30},
                {"wikitext", "resource:corpus/wikitext-2-valid.txt", CorpusFormat::Text, {"text"}, 0.25},
                {"gsm8k", "resource:corpus/gsm8k.jsonl", CorpusFormat::Jsonl, {"question", "answer"}, 0.25},
                {"code", "resource:corpus/code.jsonl", CorpusFormat::Jsonl, {"content"}, 0.20}};
    }

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("folder", self.folder, FieldInfo{"folder made by `sparsekd corpus build`; its manifest replaces shares; empty takes shares"});
        visitor.list("shares", self.shares, "sources and their weights");
        visitor.field("sequence_length", self.sequenceLength, FieldInfo{"tokens of a packed sample", "tokens", 8, 131072});
        visitor.field("samples", self.samples, FieldInfo{"packed samples drawn from the shares", "samples", 1, 1e9});
    }
};

}  // namespace skd
