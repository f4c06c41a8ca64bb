#pragma once

#include <string>
#include <vector>

#include "formats/gguf_file.h"
#include "formats/gguf_writer.h"
#include "tokenizer/files/vocabulary_parts.h"

namespace skd {

/// The tokenizer.ggml.* entries of a GGUF file.
Result<VocabularyParts> vocabularyOf(const GgufFile& file);
/// The same entries to write; `chatTemplate` may be empty.
std::vector<GgufField> vocabularyFields(const VocabularyParts& parts,
                                        const std::string& chatTemplate);

}  // namespace skd
