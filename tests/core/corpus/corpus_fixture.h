#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "corpus/corpus.h"
#include "corpus/corpus_recipe.h"
#include "corpus/text_sources.h"
#include "support/temporary_folder.h"
#include "tokenizer/tokenizer.h"

namespace skd::test {

/// The GPT-2 tokeniser of the fixtures.
const Tokenizer& corpusTokenizer();
/// The resources of this repository.
std::filesystem::path repositoryResources();

/// Texts that are measured on, as the program's resources have them, short and of no other words
/// than their own names.
void writeMeasuredTexts(const TemporaryFolder& folder);

/// All documents of a source.
Result<std::vector<SourceDocument>> documentsOf(const CorpusShare& share,
                                                const std::filesystem::path& path);

/// `count` JSON lines {"text": ...} of different documents of some twenty words.
std::string jsonLines(int count, const std::string& topic);

/// Samples of a corpus without their padding, in order.
std::vector<std::vector<TokenId>> samplesOf(const Corpus& corpus);

}  // namespace skd::test
