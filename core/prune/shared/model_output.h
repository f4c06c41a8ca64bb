#pragma once

#include "model/decoder.h"

namespace skd {

/// What a model says on some text, small enough to outlive it: final hidden states [tokens, d], and
/// the head [vocabulary, d] that they go through.
struct ModelOutput {
    at::Tensor rows, head;
};
/// Of `sequences` ([length] int64 each) one after the other.
ModelOutput outputOf(const Decoder& model, const std::vector<at::Tensor>& sequences);

}  // namespace skd
