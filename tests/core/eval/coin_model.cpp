#include "core/eval/coin_model.h"

#include <cmath>

#include "core/model/tiny_model.h"

namespace skd::test {

Decoder coin(double p) {
    // No attention, no MLP output, hidden state 1 everywhere, head rows 0 and ln(p / (1 - p)).
    TinyShape shape{.vocabulary = 2,
                    .hidden = 2,
                    .intermediate = 2,
                    .layers = 1,
                    .heads = 1,
                    .keyValueHeads = 1,
                    .headDim = 2};
    Decoder model = tinyDecoder(1, shape);
    model.config.tiedHead = false;
    model.visitParameters([](const std::string& name, at::Tensor& tensor) {
        if (name.find("proj") != std::string::npos) tensor.zero_();
    });
    model.embedding = at::ones({2, 2});
    model.finalNorm = at::ones({2});
    model.config.normEpsilon = 0;
    model.head = at::zeros({2, 2});
    model.head[1][0] = std::log(p / (1 - p));
    return model;
}

EvalText coinText(std::int64_t tokens) {
    EvalText text;
    for (std::int64_t i = 0; i < tokens; ++i)
        text.ids.push_back(static_cast<TokenId>(i % 3 == 0 ? 1 : 0));
    text.bos = text.prefix = 0;
    return text;
}

double coinNll(const EvalText& text, const std::vector<std::int64_t>& indices, double p) {
    double nll = 0;
    for (const std::int64_t index : indices)
        nll -= std::log(text.ids[static_cast<std::size_t>(index)] == 1 ? p : 1 - p);
    return nll;
}

}  // namespace skd::test
