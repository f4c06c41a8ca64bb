#pragma once

#include <vector>

#include "base/result.h"
#include "tokenizer/model/merge_table.h"
#include "tokenizer/model/token_table.h"

namespace skd {

/// SentencePiece's BPE has scores instead of merges: of all neighbours whose union is a token, the
/// one with the highest score is joined first, then the leftmost. The same as merges: every way to
/// cut a token into two tokens, ranked by the token's score (equal scores, equal rank).
/// `mergeable[id]` says which tokens take part; `scores` has an entry per id. Tokens beyond 512
/// bytes are Unsupported.
Result<MergeTable> mergesFromScores(const TokenTable& tokens, const std::vector<float>& scores,
                                    const std::vector<bool>& mergeable);

}  // namespace skd
