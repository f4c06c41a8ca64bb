#include "requests/export/load_check.h"

#include "base/text.h"
#include "model/generation.h"

namespace skd {
namespace {

constexpr const char* kText = "The capital of France is";
constexpr std::int64_t kTokens = 16;

/// How far below the largest logit the model's own token may fall in the written one, in parts of
/// the range of the logits. Of types that only round, a token that was nearly tied may lose; a
/// matrix that was written wrongly puts the token anywhere: about 0.5 on average.
double patience(ExportType type) {
    if (type == ExportType::F32) return 1e-3;
    return type == ExportType::Bf16 || type == ExportType::F16 ? 0.05 : 0.25;
}

/// The text as this model reads it; at most half of what it can read.
Result<std::vector<TokenId>> textFor(const OpenModel& model) {
    std::vector<TokenId> ids;
    if (auto encoded = model.tokenizer->encode(kText)) ids = std::move(*encoded);
    const ModelConfig& config = model.decoder.config;
    std::erase_if(ids, [&](TokenId id) { return id >= config.vocabularySize; });
    if (ids.empty()) ids = {0};
    if (const std::int64_t most = std::max<std::int64_t>(config.maxPositions / 2, 1);
        std::ssize(ids) > most)
        ids.resize(static_cast<std::size_t>(most));
    return ids;
}

/// [positions of the answer, vocabulary] f32 on the host: what a model says before each token of
/// `answer`.
at::Tensor logitsBefore(const Decoder& model, const std::vector<TokenId>& text,
                        const std::vector<TokenId>& answer) {
    std::vector<std::int64_t> ids(text.begin(), text.end());
    ids.insert(ids.end(), answer.begin(), answer.end());
    const at::Tensor logits =
        model.logits(at::tensor(ids, at::kLong).unsqueeze(0).to(model.head.device()))[0];
    return logits.narrow(0, std::ssize(text) - 1, std::ssize(answer)).to(at::kCPU, at::kFloat);
}

Result<std::vector<TokenId>> greedyTokens(const Decoder& model, const std::vector<TokenId>& text,
                                          const RunContext& context) {
    Generator generator(model);
    GenerationOptions options;
    options.tokens = std::min(kTokens, model.config.maxPositions - std::ssize(text));
    options.cancelled = [&context] { return context.cancelled(); };
    SKD_TRY(auto found, continueText(generator, generator.feed(text), options));
    return found.front();
}

Result<LoadCheck> compareTokens(const at::Tensor& logits, const std::vector<TokenId>& answer,
                                ExportType type) {
    if (!at::isfinite(logits).all().item<bool>())
        return fail(ErrorCode::Corrupt, "the written model gives logits that are no numbers");
    const std::vector<std::int64_t> ids(answer.begin(), answer.end());
    const at::Tensor wanted = at::tensor(ids, at::kLong);
    const at::Tensor largest = logits.amax(1), range = largest - logits.amin(1);
    const at::Tensor missed = (largest - logits.gather(1, wanted.unsqueeze(1)).squeeze(1)) /
                              range.clamp_min(std::numeric_limits<float>::min());
    const LoadCheck check{std::ssize(answer),
                          (logits.argmax(1) == wanted).sum().item<std::int64_t>()};
    if (const double mean = missed.mean().item<double>(); mean > patience(type))
        return fail(
            ErrorCode::Corrupt,
            strCat("the written model gives ", check.equal, " of ", check.tokens,
                   " greedy tokens of the model's own, whose logits lie ", formatNumber(mean, 2),
                   " of their range below the largest: that is no rounding to ", enumName(type)));
    return check;
}

}  // namespace

Result<std::optional<LoadCheck>> checkExport(const ExportWork& work, const std::string& weights,
                                             const RunContext& context) {
    const OpenModel& model = work.model;
    SKD_TRY(const std::vector<TokenId> text, textFor(model));
    SKD_TRY(const std::vector<TokenId> answer, greedyTokens(model.decoder, text, context));
    if (context.cancelled()) return std::optional<LoadCheck>();
    ModelRef reference = work.request.model;
    reference.path =
        (work.request.format == ExportFormat::Gguf ? work.folder / weights : work.folder).string();
    reference.dtype = DTypeChoice::F32;
    const auto written = openModel(reference);
    if (!written) return fail(written.error().in("the model was written but does not open again"));
    SKD_TRY(const std::vector<TokenId> again, textFor(*written));
    if (again != text)
        return fail(ErrorCode::Corrupt,
                    "the written tokeniser gives other tokens than the model's own");
    SKD_TRY(const LoadCheck check,
            compareTokens(logitsBefore(written->decoder, text, answer), answer, work.request.type));
    return std::optional(check);
}

Json toJson(const LoadCheck& check) {
    return {{"tokens", check.tokens}, {"equal", check.equal}};
}

}  // namespace skd
