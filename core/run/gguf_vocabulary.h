#pragma once

#include <string>
#include <vector>

#include "model/gguf_file.h"
#include "model/gguf_writer.h"
#include "text/vocabulary_parts.h"

namespace skd {

/// The tokenizer.ggml.* entries of a GGUF file.
Result<VocabularyParts> vocabularyOf(const GgufFile& file);
/// The same entries to write; `chatTemplate` may be empty.
std::vector<GgufField> vocabularyFields(const VocabularyParts& parts,
                                        const std::string& chatTemplate);

}  // namespace skd
