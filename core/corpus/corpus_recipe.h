#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "spec/corpus_spec.h"

namespace skd {

/// One source of a corpus folder.
struct RecipeShare {
    CorpusShare source;
    double fraction = 1;
    std::string licence;

    bool operator==(const RecipeShare&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        CorpusShare::visitFields(self.source, visitor);
        visitor.field("fraction", self.fraction,
                      FieldInfo{"part of the documents that is taken, drawn by seed", "", 0, 1});
        visitor.field("licence", self.licence,
                      FieldInfo{"the source's licence: its name, or a file with its text"});
    }
};

/// What `sparsekd corpus build` makes a corpus folder of.
struct CorpusRecipe {
    std::vector<RecipeShare> shares;
    std::int64_t seed = 42;
    std::int64_t minimumCharacters = 1;
    bool dropDuplicates = true;
    std::int64_t sequenceLength = CorpusSpec().sequenceLength;
    std::int64_t samples = CorpusSpec().samples;
    Packing packing = Packing::Packed;

    bool operator==(const CorpusRecipe&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.list("shares", self.shares, "sources and their weights");
        visitor.field("seed", self.seed,
                      FieldInfo{"fixes which documents a fraction contains", "", 0, 9.0e15});
        visitor.field("minimum_characters", self.minimumCharacters,
                      FieldInfo{"shorter documents are skipped", "characters", 0, 1e9});
        visitor.field("drop_duplicates", self.dropDuplicates,
                      FieldInfo{"drop copies of a document, in the same or an earlier share; white "
                                "space does not count"});
        visitor.field("sequence_length", self.sequenceLength,
                      FieldInfo{"tokens of a sample that the statistics are counted for", "tokens",
                                8, 131072});
        visitor.field("samples", self.samples,
                      FieldInfo{"samples that the statistics are counted for", "samples", 1, 1e9});
        visitor.field(
            "packing", self.packing,
            FieldInfo{"how documents become samples in the statistics: packed or documents"});
    }
};

/// Reads a recipe as a spec is read: strict, errors name the field.
Result<CorpusRecipe> readRecipe(const std::filesystem::path& path);

/// A share as users write it on a command line: NAME=PATH, then any of ",kind=jsonl|text|wikitext|
/// files", ",fields=question+answer", ",weight=0.3", ",fraction=0.1", ",extensions=.py+.cpp",
/// ",strip" (annotations) and ",licence=TEXT|FILE". What is not named is guessed (guessShare). A
/// path with a comma needs a recipe file.
Result<RecipeShare> parseShareOption(const std::string& text);

/// Rules that span fields: names that are file names and differ, a weight above 0.
Status validateRecipe(const CorpusRecipe& recipe);

}  // namespace skd
