#pragma once

#include <ATen/ATen.h>

#include "model/generation.h"
#include "model/head_scoring.h"

/// What is read from the head's logits, by ATen's operators and without a copy to the host. Runs on
/// any device, which is how tests compare it with the CPU's passes.
namespace skd::device {

/// Rows of logits that are held at a time: as many as make up 2^25 entries, 128 MiB of f32 each of
/// the two or three times that they exist. Fewer would be more launches than work.
std::int64_t headRows(std::int64_t vocabularySize);

/// Tokens that a forward pass without a backward one is filled with, where the work is many short
/// texts: below some thousands a large accelerator waits for launches, above them only memory
/// grows.
constexpr std::int64_t kPassTokens = 8192;

/// As skd::scoreTokens, but left on the device: [tokens] f64.
at::Tensor tokenLosses(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& labels,
                       std::int64_t chunk);

/// As skd::scoreLogits: [rows, 4] f64 on the device, a TokenScore's fields in their order.
at::Tensor rowScores(const at::Tensor& logits, const at::Tensor& labels);
/// A row on the host as a TokenScore.
TokenScore tokenScore(const double* fields);

/// Sum of -p log q per row of hidden, q = softmax(hidden head^T): [tokens] f64 on the device.
at::Tensor crossEntropies(const at::Tensor& probabilities, const at::Tensor& hidden,
                          const at::Tensor& head);

/// For each of `uniforms` [rows, draws] (f64, in [0, 1)) the first index at which the running sum
/// of its row of `weights` [rows, n], in f64, passes it times their total: [rows, draws] int64.
at::Tensor drawIndices(const at::Tensor& weights, const at::Tensor& uniforms);

/// As skd::chooseToken for every row of logits [batch, vocabulary] f32; `uniforms` [batch] f64 on
/// the device, not read where the temperature is 0. [batch] int64 on the device, -1 where there is
/// no finite largest logit.
at::Tensor chooseTokens(const at::Tensor& logits, const SamplingOptions& options,
                        const at::Tensor& uniforms);

}  // namespace skd::device
