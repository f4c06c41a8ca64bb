#pragma once

#include <ATen/ATen.h>

#include "base/random.h"

namespace skd {

/// Tokens of a shape, int64 below `vocabulary`, one after the other from `random`.
inline at::Tensor randomTokens(at::IntArrayRef shape, std::int64_t vocabulary,
                               const CounterRandom& random) {
    at::Tensor ids = at::empty(shape, at::kLong);
    auto* id = ids.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < ids.numel(); ++i)
        id[i] = static_cast<std::int64_t>(
            random.below(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(vocabulary)));
    return ids;
}

}  // namespace skd
