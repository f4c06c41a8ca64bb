#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "events/run_context.h"
#include "spec/run_spec.h"

/// One-off questions to a model, answered as JSON: what the command line's small commands do.
namespace skd {

/// Architecture, sizes, parameters, dtype and hashes of a model.
Result<Json> inspectModel(const std::string& model);
/// {"tokens", "ids_sha256", "tokenizer_sha256"} of a text file, without special tokens; "seconds" for
/// encoding alone; with `ids` the ids themselves.
Result<Json> tokenizeFile(const std::string& model, const std::string& textFile, bool ids = false);
/// A perplexity report of a model on a text.
Result<Json> evaluateModel(const ModelRef& model, const EvalSpec& spec, const RunContext& context);
/// Per target matrix: name, shape, break_even, singular values (under spec.prune.truncation too with `calibrate`: "whitened_singular_values"),
/// rank at spec.prune.energy.
Result<Json> modelSpectrum(const RunSpec& spec, bool calibrate, const RunContext& context);
/// Versions, device, threads, GEMM probe, free memory and disk, and what is missing with how to get it.
Json doctorReport();

/// LibTorch's version, CPU capability, thread count, device: what a run records about where it ran.
Json environmentRecord();

}  // namespace skd
