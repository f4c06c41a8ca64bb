#include "bench/flops.h"

#include "eval/profile/flops.h"

namespace skd::bench {

double layerFlops(const Decoder& model, std::int64_t batch, std::int64_t length) {
    double flops = 0;
    for (const auto& [module, count] : forwardFlops(model, batch, length))
        if (module != Module::Head) flops += count;
    return flops;
}

double headFlops(const Decoder& model, std::int64_t tokens) {
    return 2 * static_cast<double>(tokens) * static_cast<double>(model.head.numel());
}

double layerFlops(const Decoder& model, std::int64_t length, std::size_t begin, std::size_t end) {
    Decoder part = model;
    part.layers.assign(model.layers.begin() + static_cast<std::ptrdiff_t>(begin),
                       model.layers.begin() + static_cast<std::ptrdiff_t>(end));
    part.inputProjection = part.outputProjection = at::Tensor();
    return layerFlops(part, 1, length);
}

double stepFlops(const Decoder& model, std::int64_t batch, std::int64_t length) {
    return 3 * (layerFlops(model, batch, length) + headFlops(model, batch * length));
}

}  // namespace skd::bench
