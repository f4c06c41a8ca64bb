#pragma once

#include <ATen/ATen.h>

#include "model/decoder.h"
#include "model/key_value_cache.h"

namespace skd {

/// Whether decodeStep takes this model at this batch: on the CPU in f32 or bf16, in any form but
/// the elastic one (a slice of it has another), at most 8 sequences, the stream as wide as the
/// model (not SliceGPT's), nobody observing.
bool canDecodeStep(const Decoder& model, std::int64_t batch);

/// One more position of every sequence: ids [batch, 1] int64 -> logits [batch, vocabulary] f32; the
/// cache grows by it. The same as Decoder::runLayers with a cache, normalise and the head, but in
/// one pass over the weights without LibTorch's operators: all threads go through the layers
/// together, each with its rows of every matrix. Rounds where those round, except the logits, which
/// stay f32.
at::Tensor decodeStep(const Decoder& model, const at::Tensor& ids, KeyValueCache& cache);

}  // namespace skd
