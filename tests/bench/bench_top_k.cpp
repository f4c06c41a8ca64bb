#include "bench_support.h"
#include "distill/kept_logits.h"

namespace skd::bench {

/// The teacher's pass over a chunk: at::topk with one logsumexp per temperature against ours.
Json benchTopK(const Settings& settings) {
    const std::int64_t rows = settings.quick ? 64 : 512,
                       vocabulary = settings.quick ? 49152 : 151936, k = 32;
    const at::Tensor logits = (at::randn({rows, vocabulary}) * 4).to(at::kBFloat16);
    const auto aten = [&] {
        const at::Tensor logP = at::log_softmax(logits.to(at::kFloat), -1);
        at::topk(logP, k, -1);
        for (const double temperature : {1.5, 2.0, 3.0}) at::logsumexp(logP / temperature, {-1});
    };
    const auto timings = interleave({{"aten", aten},
                                     {"aten_topk_alone", [&] { at::topk(logits, k, -1); }},
                                     {"ours", [&] { topKRows(logits, k); }}},
                                    settings.rounds);
    return report("top-k and normalisers", timings);
}

}  // namespace skd::bench
