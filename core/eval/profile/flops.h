#pragma once

#include <map>

#include "model/decoder.h"
#include "results/profile_module.h"

namespace skd {

/// FLOPs of one forward pass over [batch, length] tokens with logits for each, two per
/// multiply-add. Matrix products only; a masked matrix counts as dense, factors of rank r as r
/// (rows + columns) per token. Attention counts the keys that a query sees. Modules without
/// products are absent.
std::map<Module, double> forwardFlops(const Decoder& model, std::int64_t batch,
                                      std::int64_t length);

}  // namespace skd
