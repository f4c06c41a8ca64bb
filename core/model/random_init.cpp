#include "model/random_init.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <numbers>

#include "base/hash.h"
#include "base/random.h"

namespace skd {
namespace {

constexpr double kDeviation = 0.02;

/// Box–Muller: value i depends on (seed, stream, i) alone, whatever the number of threads.
at::Tensor normal(at::IntArrayRef shape, const CounterRandom& random) {
    at::Tensor values = at::empty(shape, at::kFloat);
    auto* out = values.mutable_data_ptr<float>();
    at::parallel_for(0, values.numel(), 1 << 15, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const auto index = static_cast<std::uint64_t>(i) * 2;
            const double radius = std::sqrt(-2 * std::log(1 - random.uniform(index)));
            out[i] = static_cast<float>(kDeviation * radius *
                                        std::cos(2 * std::numbers::pi * random.uniform(index + 1)));
        }
    });
    return values;
}

}  // namespace

void initialiseRandomly(Decoder& decoder, std::uint64_t seed) {
    const double norm =
        traits(decoder.config.family).offsetNorms ? 0 : 1;  // norms begin as plain ones
    decoder.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        const at::TensorOptions options = tensor.options();
        if (name.ends_with(".bias"))
            tensor = at::zeros(tensor.sizes(), options);
        else if (tensor.dim() == 1)
            tensor = at::full(tensor.sizes(), norm, options);
        else
            tensor = normal(tensor.sizes(), CounterRandom(seed, xxh3(name.data(), name.size())))
                         .to(options);
    });
    if (decoder.config.tiedHead) decoder.head = decoder.embedding;
}

}  // namespace skd
