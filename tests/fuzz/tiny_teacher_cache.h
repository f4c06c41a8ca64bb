#pragma once

#include "distill/teacher_cache.h"

namespace skd::fuzz {

/// Vocabulary of the teacher whose cache is read.
constexpr std::int64_t kTinyVocabulary = 16;

/// Three samples of six tokens, the last one padded.
inline Corpus tinyCorpus() {
    std::vector<TokenId> ids;
    for (int i = 0; i < 18; ++i) ids.push_back(static_cast<TokenId>(i * 5 % kTinyVocabulary));
    return {6, std::move(ids), {6, 6, 4}};
}

/// What the cache of that corpus was made from.
inline TeacherCacheKey tinyKey(const Corpus& corpus) {
    return {"model", "f32", "tokenizer", corpus.sha256(), 2, {}};
}

}  // namespace skd::fuzz
