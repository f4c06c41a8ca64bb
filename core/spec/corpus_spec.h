#pragma once

#include "base/fields.h"

namespace skd {

enum class CorpusFormat { Jsonl, Text, WikiText, Files };
template <>
inline constexpr auto kNames<CorpusFormat> = names<CorpusFormat>({"jsonl", "text", "wikitext",
                                                                  "files"});

enum class Packing { Packed, Documents };
template <>
inline constexpr auto kNames<Packing> = names<Packing>({"packed", "documents"});

/// One source of a corpus and its share of the samples.
struct CorpusShare {
    std::string name, path;
    CorpusFormat format = CorpusFormat::Jsonl;
    std::vector<std::string> fields{"text"};
    double weight = 1.0;
    std::vector<std::string> extensions{};
    bool stripAnnotations = false;

    bool operator==(const CorpusShare&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name, {"how the share is called in reports"});
        visitor.field("path", self.path,
                      {"file (may be compressed by gzip), or a folder for files; "
                       "resource:NAME is one that ships with the program"});
        visitor.field("format", self.format,
                      {"jsonl: one object a line; text: one document; wikitext: one document per "
                       "article (= Title =); files: one document per file of a folder"});
        visitor.field("fields", self.fields, {"jsonl: fields of a line, joined by a newline"});
        visitor.field("weight", self.weight,
                      {"share of the samples, relative to the others", "", 0, 1e6});
        visitor.field(
            "extensions", self.extensions,
            {"files: only file names that end in one of these; empty means every text file"});
        visitor.field("strip_annotations", self.stripAnnotations,
                      {"remove calculator annotations, <<48/2=24>> (GSM8K)"});
    }
};

/// The text a run calibrates and distils on: samples drawn from shares by seed.
struct CorpusSpec {
    std::string folder;
    std::vector<CorpusShare> shares = defaultShares();
    std::int64_t sequenceLength = 256;
    std::int64_t samples = 512;
    Packing packing = Packing::Packed;
    std::vector<std::string> without;
    bool learnUnknown = false;

    bool operator==(const CorpusSpec&) const = default;

    /// The paper's mixture: 30 % C4, 25 % WikiText-2, 25 % GSM8K, 20 % code (samples that ship with
    /// the program).
    static std::vector<CorpusShare> defaultShares() {
        return {{"c4", "resource:corpus/c4.jsonl", CorpusFormat::Jsonl, {"text"}, 0.30},
                {"wikitext",
                 "resource:corpus/wikitext-2-valid.txt",
                 CorpusFormat::Text,
                 {"text"},
                 0.25},
                {"gsm8k",
                 "resource:corpus/gsm8k.jsonl",
                 CorpusFormat::Jsonl,
                 {"question", "answer"},
                 0.25},
                {"code", "resource:corpus/code.jsonl", CorpusFormat::Jsonl, {"content"}, 0.20}};
    }

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("folder", self.folder,
                      {"folder made by `sparsekd corpus build`: shares and weights are its "
                       "manifest's, and `shares` must stay at its default; empty uses shares"});
        visitor.list("shares", self.shares, "sources and their weights");
        visitor.field("sequence_length", self.sequenceLength,
                      {"tokens of a sample", "tokens", 8, 131072});
        visitor.field("samples", self.samples,
                      {"samples drawn from the shares; 0: as many as the steps or the budget take, "
                       "and no more than the shares hold",
                       "samples", 0, 1e9});
        visitor.field("packing", self.packing,
                      {"packed: documents joined by the end-of-text token and cut into "
                       "full samples; documents: no sample holds two documents, short "
                       "ones are padded (padding is masked)"});
        visitor.field("without", self.without, {"shares to skip, by name or format"});
        visitor.field("learn_unknown", self.learnUnknown,
                      {.help = "train on the tokens of <unk>, which stands for rare words in "
                               "WikiText-2's tokenised form, too; else they are context only, as "
                               "in texts that are measured on",
                       .isLater = true,
                       .before = "true"});
    }
};

/// "50,000 samples of 512 tokens, 12,500 distinct (4 passes)"; without the second half where it is
/// not known how many `distinct` ones the shares hold.
std::string samplesText(std::int64_t samples, std::int64_t sequenceLength,
                        std::optional<std::int64_t> distinct);

}  // namespace skd
