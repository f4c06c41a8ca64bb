#include "base/text.h"
#include "bench_support.h"
#include "distill/training_step.h"

namespace skd::bench {
namespace {

/// A llama of SmolLM2-135M's shape (or a small one) with random bf16 weights.
Decoder randomDecoder(bool quick) {
    ModelConfig config;
    config.vocabularySize = 49152;
    config.hiddenSize = 576;
    config.heads = 9;
    config.keyValueHeads = 3;
    config.headDim = 64;
    config.maxPositions = 2048;
    config.tiedHead = true;
    config.rope.theta = 100000;
    config.layers.assign(quick ? 4 : 30, LayerConfig{1536, 0, 0, 0, 0});
    const auto random = [](std::int64_t rows, std::int64_t columns) {
        return (at::randn({rows, columns}) * 0.03).to(at::kBFloat16);
    };
    Decoder decoder(config);
    decoder.embedding = decoder.head = random(config.vocabularySize, config.hiddenSize);
    decoder.finalNorm = at::ones({config.hiddenSize}, at::kBFloat16);
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        const auto dense = [&](const char* name, std::int64_t rows, std::int64_t columns) {
            return Linear(strCat("model.layers.", i, ".", name),
                          DenseWeight{random(rows, columns)});
        };
        DecoderLayer layer;
        layer.config = config.layers[i];
        layer.inputNorm = at::ones({config.hiddenSize}, at::kBFloat16);
        layer.postAttentionNorm = at::ones({config.hiddenSize}, at::kBFloat16);
        layer.attention = {dense("self_attn.q_proj", 576, 576),
                           dense("self_attn.k_proj", 192, 576),
                           dense("self_attn.v_proj", 192, 576),
                           dense("self_attn.o_proj", 576, 576),
                           {},
                           {}};
        layer.mlp = {dense("mlp.gate_proj", 1536, 576), dense("mlp.up_proj", 1536, 576),
                     dense("mlp.down_proj", 576, 1536)};
        decoder.layers.push_back(std::move(layer));
    }
    return decoder;
}

/// HiddenStates, the head in plain autograd, gradients cast to f32: a plain loop on the same
/// layers.
void autogradMicroStep(Decoder& model, AdamW& optimiser, const at::Tensor& ids, HeadInput input,
                       double tokens) {
    const at::Tensor embedded = model.embed(ids).detach().requires_grad_();
    const at::Tensor hidden = model.normalise(model.runLayers(embedded, 0, model.layers.size()));
    const at::Tensor flat = hidden.reshape({-1, hidden.size(-1)});
    input.hidden = flat.detach();
    at::Tensor headGradient = at::zeros(model.head.sizes(), at::kFloat);
    const HeadLoss loss =
        headLossReference(input, {.alpha = 0.5, .temperature = 2, .tokens = tokens}, headGradient);
    flat.backward(loss.hiddenGradient);
    optimiser.accumulate();
}

}  // namespace

/// Forward, backward and optimiser over one sample of 255 tokens a time; with the head by autograd
/// and AdamW in plain operators against the product's step.
Json benchStep(const Settings& settings) {
    const std::int64_t samples = settings.quick ? 2 : 4, length = 256, k = 32;
    Decoder model = randomDecoder(settings.quick);
    const at::Tensor ids = at::randint(0, 49152, {samples, length}, at::kLong);
    std::vector<TokenId> flat;
    for (std::int64_t i = 0; i < ids.numel(); ++i)
        flat.push_back(static_cast<TokenId>(ids.const_data_ptr<std::int64_t>()[i]));
    const Corpus corpus(length, flat,
                        std::vector<std::uint32_t>(static_cast<std::size_t>(samples), length));
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / "skd_bench_cache";
    std::filesystem::remove_all(folder);
    const auto cache = buildTeacherCache(
        model, corpus, {"bench", "bf16", "bench", corpus.sha256(), k, {}}, folder, {});
    if (!cache) return {{"work", "kd step"}, {"error", cache.error().message}};
    DistillSpec spec;
    spec.batch = samples;
    std::vector<std::int64_t> order;
    for (std::int64_t i = 0; i < samples; ++i) order.push_back(i);
    TrainingStep step(model, corpus, *cache, spec);
    const auto ours = [&] {
        const auto loss = step.gradients(order);
        if (loss) step.apply(*loss, 1e-9);
    };
    const auto plain = [&] {
        const double tokens = static_cast<double>(samples * (length - 1));
        for (const std::int64_t i : order) {
            HeadInput input{{},
                            model.head,
                            ids[i].narrow(0, 1, length - 1).contiguous(),
                            cache->rows(i, 2.0).value()};
            autogradMicroStep(model, step.optimiser(), ids.narrow(0, i, 1).narrow(1, 0, length - 1),
                              input, tokens);
        }
        step.optimiser().stepReference({.learningRate = 1e-9});
    };
    const auto timings = interleave({{"plain", plain}, {"ours", ours}}, settings.rounds);
    std::filesystem::remove_all(folder);
    Json json = report("kd step", timings);
    json["tokens_per_second"] =
        static_cast<double>(samples * (length - 1)) / timings.back().seconds;
    return json;
}

}  // namespace skd::bench
