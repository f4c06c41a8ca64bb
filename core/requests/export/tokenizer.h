#pragma once

#include "formats/gguf_writer.h"
#include "requests/export/origin.h"

namespace skd {

/// The tokeniser as files of a Hugging Face folder, with generation_config.json and the chat
/// template: copied from a source folder, made from the vocabulary of a GGUF file. `config`
/// (config.json) gets the ids of bos, eos and padding. Refuses a vocabulary whose files would give
/// other ids.
Status writeTokenizerFiles(const ExportOrigin& origin, const Tokenizer& tokenizer,
                           const std::filesystem::path& folder, Json& config);

/// The tokeniser as metadata of a GGUF file: copied from a source that is one, made from
/// tokenizer.json elsewhere.
Result<std::vector<GgufField>> tokenizerFields(const ExportOrigin& origin,
                                               const Tokenizer& tokenizer,
                                               std::int64_t vocabularySize);

}  // namespace skd
