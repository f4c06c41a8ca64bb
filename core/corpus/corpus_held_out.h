#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "spec/corpus_spec.h"
#include "tokenizer/tokenizer.h"

namespace skd {

/// Text of one share that no corpus built with CorpusOptions::heldOutTokens above 0 holds.
struct HeldOutText {
    std::string name;          ///< of the share
    std::vector<TokenId> ids;  ///< documents, each ended by the separator
    std::string sha256;        ///< idsSha256 of them
    std::int64_t documents = 0;
};

/// Of every share with a weight, the first `tokens` tokens of its held-out documents, in the order
/// of the source; fewer where one in sixteen documents (HoldOut) has no more, none where a share is
/// so small that no document falls to it. Depends on spec, seed and tokeniser; which documents are
/// held out depends on the seed and the document alone, so a corpus with other shares or another
/// mixture never draws them either. Errors are those of buildCorpus. Empty for tokens = 0.
Result<std::vector<HeldOutText>> heldOut(const CorpusSpec& spec, std::uint64_t seed,
                                         const Tokenizer& tokenizer,
                                         const std::filesystem::path& resourceFolder,
                                         std::int64_t tokens);

}  // namespace skd
