#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "corpus/corpus_recipe.h"
#include "tokenizer/tokenizer.h"

namespace skd {

/// What a corpus folder is built with besides its recipe.
struct CorpusFolderOptions {
    const Tokenizer* tokenizer = nullptr;  ///< counts tokens, samples and repeats; may be null
    bool replace = false;                  ///< a corpus folder of that name may be replaced
    /// Told the share and the bytes of its source read so far; false ends the work. May be empty.
    std::function<bool(const std::string& share, std::uint64_t bytes)> progress;
};

/// Makes the folder `out` of a recipe: NAME.jsonl with one {"text": ...} a line for each share, and
/// manifest.json (last) with the SHA-256 of every source and file, all settings, and the counts.
/// Sources are streamed, so memory stays bounded; nothing stands under the name `out` until all is
/// complete. The same sources and recipe give the same bytes. Texts that are measured on
/// (SplitGuard) are refused. Returns the manifest; nothing when cancelled.
Result<std::optional<Json>> buildCorpusFolder(const CorpusRecipe& recipe,
                                              const std::filesystem::path& out,
                                              const std::filesystem::path& resourceFolder,
                                              const CorpusFolderOptions& options = {});

}  // namespace skd
