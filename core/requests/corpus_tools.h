#pragma once

#include "corpus/corpus_recipe.h"
#include "events/run_context.h"
#include "spec/run_spec.h"

/// What the command line's `corpus` commands do, answered as JSON.
namespace skd {

struct CorpusBuildRequest {
    CorpusRecipe recipe;
    std::filesystem::path out;
    std::string tokenizer;  ///< model whose tokeniser counts tokens; "" counts none
    bool replace = false;
};
/// Builds a corpus folder and returns its manifest; nothing when cancelled. Progress is emitted as
/// that of Stage::Load, in bytes of the source.
Result<std::optional<Json>> buildCorpusWithProgress(const CorpusBuildRequest& request,
                                                    const RunContext& context);

/// The manifest of a corpus folder, once all its files have been compared with it; with
/// "manifest_sha256" and "spec", the `corpus` part of a run's spec that takes it.
Result<Json> showCorpus(const std::filesystem::path& folder);

/// The samples that a run will draw, counted without the run: "text", the sentence that users read,
/// and Corpus::toJson beside it. Sources of more than 64 MiB, a model that another run makes, and
/// what cannot be read are left to the run's start; "text" says so.
Json countCorpus(const RunSpec& spec);

struct CorpusSampleRequest {
    std::filesystem::path folder;
    std::string tokenizer;  ///< model whose tokeniser is used
    std::int64_t count = 3;
    std::int64_t seed = 42;
    std::optional<std::int64_t> sequenceLength,
        samples;  ///< default: what the folder was built for
    std::optional<Packing> packing;
};
/// The first samples of the corpus that a run with this folder and seed trains on: text, ids'
/// number, padding; with the corpus's record. Nothing when cancelled.
Result<std::optional<Json>> sampleCorpus(const CorpusSampleRequest& request,
                                         const RunContext& context);

}  // namespace skd
