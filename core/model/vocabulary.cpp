#include "model/vocabulary.h"

#include <algorithm>

namespace skd {

Decoder withVocabulary(Decoder model, std::int64_t tokens) {
    if (model.config.vocabularySize <= tokens) return model;
    model.config.vocabularySize = tokens;
    model.embedding = model.embedding.narrow(0, 0, tokens);
    model.head = model.config.tiedHead ? model.embedding : model.head.narrow(0, 0, tokens);
    return model;
}

void shareVocabulary(Decoder& one, Decoder& other) {
    const std::int64_t tokens = std::min(one.config.vocabularySize, other.config.vocabularySize);
    one = withVocabulary(std::move(one), tokens);
    other = withVocabulary(std::move(other), tokens);
}

}  // namespace skd
