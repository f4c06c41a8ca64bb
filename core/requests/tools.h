#pragma once

#include "events/run_context.h"
#include "spec/run_spec.h"
#include "store/run_paths.h"
#include "tokenizer/chat_template.h"

/// One-off questions to a model, answered as JSON: what the command line's small commands do. A
/// model may be one of a run ("run:12", "run:12@40") of the workspace whose files lie under `runs`.
namespace skd {

/// Architecture, sizes, parameters, dtype and hashes of a model.
Result<Json> inspectModel(const std::string& model, const RunPaths& runs);
/// {"tokens", "ids_sha256", "tokenizer_sha256"} of a text file, without special tokens; "seconds"
/// for encoding alone; with `ids` the ids themselves.
Result<Json> tokenizeFile(const std::string& model, const std::string& textFile, bool ids = false);
/// A perplexity report of a model on a text; those of spec.also in "also".
Result<Json> evaluateModel(const ModelRef& model, const EvalSpec& spec, const RunPaths& runs,
                           const RunContext& context);
/// KL, top-1 agreement and the paired difference in perplexity of a model to another one, the dense
/// one (resources/help/method.md, Perplexity). InvalidInput when their tokenisers give other ids.
Result<Json> compareToModel(const ModelRef& model, const std::string& dense, const EvalSpec& spec,
                            const RunPaths& runs, const RunContext& context);

/// A prompt that is answered several times.
struct ConsistencyRequest {
    std::string prompt;
    std::int64_t answers = 8, tokens = 32;
    double temperature = 0.8;
    std::int64_t topK = 0;  ///< 0 keeps all tokens
    double topP = 1;
    std::int64_t seed = 42;
    std::vector<ChatMessage>
        chat;  ///< put by the model's chat template instead of `prompt`, where it has one
};
/// "distinct" answers, their "mean_similarity" over pairs, "common_share", and the "texts".
Result<Json> modelConsistency(const ModelRef& model, const ConsistencyRequest& request,
                              const RunPaths& runs, const RunContext& context);

/// Per target matrix: name, shape, break_even, singular values (under spec.prune.truncation too
/// with `calibrate`: "whitened_singular_values"), rank at spec.prune.energy.
Result<Json> modelSpectrum(const RunSpec& spec, bool calibrate, const RunPaths& runs,
                           const RunContext& context);
/// Versions, device, threads, GEMM probe, free memory and disk, and what is missing with how to get
/// it.
Json doctorReport();

/// LibTorch's version, CPU capability, thread count, device: what a run records about where it ran.
Json environmentRecord();

}  // namespace skd
