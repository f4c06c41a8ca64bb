#include "eval/consistency.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace skd {
namespace {

Status check(const Decoder& model, const std::vector<TokenId>& prompt,
             const ConsistencyOptions& options) {
    if (prompt.empty())
        return fail(ErrorCode::InvalidInput,
                    "the prompt has no tokens; give some text to continue");
    if (options.answers < 1 || options.tokens < 1)
        return fail(ErrorCode::InvalidInput, "at least one answer of at least one token is needed");
    for (const TokenId id : prompt)
        if (static_cast<std::int64_t>(id) >= model.config.vocabularySize)
            return fail(ErrorCode::InvalidInput,
                        strCat("the prompt has the token ", id, ", but the model knows ",
                               model.config.vocabularySize,
                               "; tokeniser and model do not belong together"));
    return {};
}

}  // namespace

double editSimilarity(std::span<const TokenId> a, std::span<const TokenId> b) {
    if (a.empty() && b.empty()) return 1;
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return 1 -
           static_cast<double>(row[b.size()]) / static_cast<double>(std::max(a.size(), b.size()));
}

ConsistencyReport summarise(std::vector<std::vector<TokenId>> answers) {
    ConsistencyReport report;
    std::map<std::vector<TokenId>, std::int64_t> counts;
    double sum = 0;
    std::int64_t pairs = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        ++counts[answers[i]];
        for (std::size_t j = 0; j < i; ++j, ++pairs) sum += editSimilarity(answers[i], answers[j]);
    }
    std::int64_t most = 0;
    for (const auto& [answer, count] : counts) most = std::max(most, count);
    report.distinct = static_cast<std::int64_t>(counts.size());
    if (pairs > 0) report.similarity = sum / static_cast<double>(pairs);
    if (!answers.empty())
        report.commonShare = static_cast<double>(most) / static_cast<double>(answers.size());
    report.answers = std::move(answers);
    return report;
}

Result<ConsistencyReport> measureConsistency(const Decoder& model,
                                             const std::vector<TokenId>& prompt,
                                             const ConsistencyOptions& options,
                                             const RunContext& context) {
    SKD_CHECK(check(model, prompt, options));
    const auto length = static_cast<std::int64_t>(prompt.size());
    ProgressMeter meter(context, Stage::Evaluate, length + options.tokens, "tokens");
    Generator generator(model, length + options.tokens);
    const at::Tensor logits = generator.feed(std::span(prompt));
    generator.repeat(options.answers);
    meter.advance(length);
    bool cancelled = false;
    const auto next = [&] {
        meter.advance(1);
        return cancelled = context.cancelled();
    };
    const GenerationOptions generation{.tokens = options.tokens,
                                       .sampling = options.sampling,
                                       .seed = options.seed,
                                       .stop = options.stop,
                                       .cancelled = next};
    SKD_TRY(auto answers,
            continueText(generator, logits.repeat_interleave(options.answers, 0), generation));
    ConsistencyReport report = summarise(std::move(answers));
    report.cancelled = cancelled;
    return report;
}

Result<std::optional<std::vector<ConsistencyReport>>> measureConsistencies(
    const Decoder& model, const std::vector<std::vector<TokenId>>& prompts,
    const ConsistencyOptions& options, const RunContext& context) {
    std::vector<ConsistencyReport> reports;
    for (const std::vector<TokenId>& prompt : prompts) {
        ConsistencyOptions own = options;
        own.seed += reports.size();
        SKD_TRY(ConsistencyReport report, measureConsistency(model, prompt, own, context));
        if (report.cancelled) return std::optional<std::vector<ConsistencyReport>>();
        reports.push_back(std::move(report));
    }
    return std::optional(std::move(reports));
}

ConsistencyFigures consistencyFigures(const std::vector<ConsistencyReport>& reports) {
    ConsistencyFigures figures;
    for (const ConsistencyReport& report : reports) {
        figures.distinct.push_back(static_cast<double>(report.distinct) /
                                   static_cast<double>(report.answers.size()));
        figures.similarity.push_back(report.similarity);
        figures.common.push_back(report.commonShare);
    }
    return figures;
}

Json ConsistencyReport::toJson() const {
    return {{"answers", answers.size()},
            {"distinct", distinct},
            {"mean_similarity", similarity},
            {"common_share", commonShare},
            {"definition",
             "distinct: different answers, token by token; mean_similarity: over all pairs of "
             "answers, 1 - edit distance / tokens of the longer "
             "one; common_share: share of the most frequent answer"}};
}

}  // namespace skd
