#include "distill/elastic/step_metrics.h"

#include <cmath>
#include <map>

#include "base/text.h"
#include "results/elastic_summary.h"

namespace skd {
namespace {

/// Sums over the passes of a bin.
struct BinLoss {
    double tokens = 0, ce = 0, kl = 0, weight = 0;
};

void addSizes(std::vector<MetricPoint>& points, const WindowLoss& loss, std::int64_t step,
              const ElasticSizes& sizes) {
    std::map<std::int64_t, BinLoss> bins;
    for (const SizedLoss& pass : loss.sizes) {
        BinLoss& bin = bins[ElasticBin::numberOf(sizes.at(pass.slot).removed)];
        const auto tokens = static_cast<double>(pass.tokens);
        bin.tokens += tokens;
        bin.ce += tokens * pass.ce;
        bin.kl += tokens * pass.kl;
        bin.weight += tokens * sizes.weight(pass.slot);
    }
    const auto add = [&](const char* name, std::int64_t bin, double sum, double tokens) {
        points.push_back({metricAt(name, ElasticBin::beginOf(bin)), step, sum / tokens});
    };
    for (const auto& [number, bin] : bins) {
        if (bin.tokens == 0) continue;
        add("elastic.ce", number, bin.ce, bin.tokens);
        if (bin.kl != 0) add("elastic.kl", number, bin.kl, bin.tokens);
        if (sizes.training().weights != ElasticWeights::Equal)
            add("elastic.weight", number, bin.weight, bin.tokens);
    }
    if (loss.sizeCosine) points.push_back({"elastic.cosine", step, *loss.sizeCosine});
}

}  // namespace

bool WindowLoss::isFinite() const {
    return std::isfinite(ce) && std::isfinite(kl) && std::isfinite(gradientNorm);
}

std::string describe(const WindowLoss& loss) {
    return strCat("cross-entropy ", formatNumber(loss.ce), ", KL ", formatNumber(loss.kl),
                  ", gradient norm ", formatNumber(loss.gradientNorm));
}

std::vector<MetricPoint> stepMetrics(const WindowLoss& loss, const StepPace& pace, bool hasTeacher,
                                     const ElasticSizes* sizes) {
    std::vector<MetricPoint> points{{"kd.ce", pace.step, loss.ce},
                                    {"kd.loss", pace.step, loss.loss},
                                    {"kd.lr", pace.step, pace.rate},
                                    {"kd.grad_norm", pace.step, loss.gradientNorm},
                                    {"kd.ce_logit_norm", pace.step, loss.ceLogitNorm},
                                    {"kd.tokens_per_second", pace.step, pace.tokensPerSecond}};
    if (hasTeacher) {
        points.push_back({"kd.kl", pace.step, loss.kl});
        points.push_back({"kd.kl_logit_norm", pace.step, loss.klLogitNorm});
    }
    if (sizes != nullptr) addSizes(points, loss, pace.step, *sizes);
    return points;
}

}  // namespace skd
