#pragma once

#include "model/decoder.h"

namespace skd {

/// The same model over its first `tokens` tokens alone; shares its tensors. Models of one tokeniser
/// have different numbers of rows where their embeddings are padded: rows beyond its tokens stand
/// for nothing.
Decoder withVocabulary(Decoder model, std::int64_t tokens);

/// Gives two models of one tokeniser the same number of rows, the smaller one.
void shareVocabulary(Decoder& one, Decoder& other);

}  // namespace skd
