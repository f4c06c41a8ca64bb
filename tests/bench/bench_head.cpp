#include <c10/core/GradMode.h>

#include <cmath>

#include "bench_support.h"
#include "distill/fused_head.h"

namespace skd::bench {
namespace {

struct Size {
    std::int64_t tokens, vocabulary, width, k;
};

HeadInput problem(const Size& size) {
    const c10::AutoGradMode noGradient(false);
    HeadInput input;
    input.hidden = at::randn({size.tokens, size.width}).to(at::kBFloat16);
    input.head = (at::randn({size.vocabulary, size.width}) * 0.1).to(at::kBFloat16);
    input.labels = at::randint(0, size.vocabulary, {size.tokens}, at::kLong);
    const at::Tensor logP =
        at::log_softmax(at::mm(input.hidden, input.head.t()).to(at::kFloat), -1);
    const auto [values, ids] = logP.topk(size.k, -1);
    input.teacher = {ids.to(at::kInt), values, at::logsumexp(logP / 2.0, {-1})};
    return input;
}

/// scoreTokens in plain operators, whole.
at::Tensor scoreTokensReference(const at::Tensor& hidden, const at::Tensor& head,
                                const at::Tensor& labels) {
    const c10::AutoGradMode noGradient(false);
    const at::Tensor logits = at::mm(hidden, head.t().to(hidden.scalar_type())).to(at::kFloat);
    return at::cross_entropy_loss(logits, labels, {}, at::Reduction::None, kIgnoredLabel)
        .to(at::kCPU, at::kDouble);
}

/// How far the fused head's loss and gradients lie from autograd's, relative to them.
Json difference(const HeadInput& input, const HeadLossOptions& options) {
    at::Tensor ours = at::zeros(input.head.sizes(), at::kFloat), theirs = at::zeros_like(ours);
    const HeadLoss fused = headLoss(input, options, ours),
                   reference = headLossReference(input, options, theirs);
    const auto relative = [](const at::Tensor& a, const at::Tensor& b) {
        return ((a - b).norm() / b.norm()).item<double>();
    };
    return {{"loss", std::abs((fused.ce + fused.kl) / (reference.ce + reference.kl) - 1)},
            {"head_gradient", relative(ours, theirs)},
            {"hidden_gradient", relative(fused.hiddenGradient.to(at::kFloat),
                                         reference.hiddenGradient.to(at::kFloat))}};
}

Json headStep(const Size& size, const std::string& work, int rounds) {
    const HeadInput input = problem(size);
    at::Tensor gradient = at::zeros(input.head.sizes(), at::kFloat);
    const HeadLossOptions options{
        .alpha = 0.5, .temperature = 2.0, .tokens = static_cast<double>(size.tokens)};
    const auto timings =
        interleave({{"autograd", [&] { headLossReference(input, options, gradient); }},
                    {"fused", [&] { headLoss(input, options, gradient); }}},
                   rounds);
    Json json = report(work, timings);
    json["difference"] = difference(input, options);
    json["tokens"] = size.tokens;
    json["vocabulary"] = size.vocabulary;
    json["width"] = size.width;
    json["gemm_gflop"] =
        6.0 * static_cast<double>(size.tokens * size.vocabulary * size.width) / 1e9;
    return json;
}

}  // namespace

/// One optimiser window of one micro-batch: loss, hidden gradient and head gradient in f32.
Json benchHead(const Settings& settings) {
    const Size size = settings.quick ? Size{128, 49152, 576, 32} : Size{512, 151936, 1024, 64};
    return headStep(size, "kd head step", settings.rounds);
}

/// The same for Gemma 3 270M: the largest vocabulary beside the smallest width.
Json benchWideHead(const Settings& settings) {
    return headStep({settings.quick ? 64 : 512, 262144, 640, settings.quick ? 16 : 64},
                    "kd head step, 262144 tokens", settings.rounds);
}

Json benchScoring(const Settings& settings) {
    const Size size = settings.quick ? Size{128, 49152, 576, 8} : Size{512, 151936, 1024, 8};
    const HeadInput input = problem(size);
    const auto timings =
        interleave({{"aten", [&] { scoreTokensReference(input.hidden, input.head, input.labels); }},
                    {"fused", [&] { scoreTokens(input.hidden, input.head, input.labels); }}},
                   settings.rounds);
    return report("score tokens", timings);
}

}  // namespace skd::bench
