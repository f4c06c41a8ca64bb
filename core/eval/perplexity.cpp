#include "eval/perplexity.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/kept_memory.h"
#include "base/record.h"
#include "eval/shared_scores.h"

namespace skd {
namespace {

using Windows = std::vector<Window>;

std::int64_t forwardTokens(std::span<const Window> windows, const EvalSettings& settings) {
    std::int64_t total = 0;
    for (const Window& window : windows) total += forwardLength(window, settings);
    return total;
}

/// What the mean loss is taken over.
struct LossParts {
    std::vector<double> losses;
    std::vector<std::int64_t> counts;
};

/// Windows with the tokens they stand for; pages with their words.
LossParts lossParts(const EvalReport& report, const EvalText& text, const Windows& windows) {
    LossParts parts;
    if (report.words) {
        parts.losses.assign(text.pages.size(), 0);
        for (std::size_t i = 0; i < windows.size(); ++i)
            parts.losses[static_cast<std::size_t>(windows[i].page)] += report.windowNll[i];
        for (const EvalPage& page : text.pages) parts.counts.push_back(page.words);
        return parts;
    }
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const auto weight = static_cast<double>(windows[i].weight()),
                   scored = static_cast<double>(windows[i].scored());
        parts.losses.push_back(report.windowNll[i] * (weight / scored));
        parts.counts.push_back(windows[i].weight());
    }
    return parts;
}

WordMeasures countPages(const EvalText& text) {
    WordMeasures measures{.pages = static_cast<std::int64_t>(text.pages.size())};
    for (const EvalPage& page : text.pages) {
        measures.words += page.words;
        measures.bytes += page.bytes;
    }
    return measures;
}

/// Of tokens, or of words where there are pages.
BlockSums lossesByBlock(const BlockLosses& blocks, const EvalText& text, bool pages) {
    std::vector<double> words;
    if (pages)
        for (const EvalPage& page : text.pages) words.push_back(static_cast<double>(page.words));
    return blocks.sums(words, text);
}

void conclude(EvalReport& report, const EvalText& text, const Windows& windows,
              const BlockLosses& blocks) {
    if (report.settings.protocol == Protocol::LmEvalWikiText) report.words = countPages(text);
    const LossParts parts = lossParts(report, text, windows);
    const auto count = static_cast<double>(
        std::accumulate(parts.counts.begin(), parts.counts.end(), std::int64_t{0}));
    report.perplexity =
        std::exp(std::accumulate(parts.losses.begin(), parts.losses.end(), 0.0) / count);
    report.tokenPerplexity = std::exp(report.nllSum / static_cast<double>(report.scoredTokens));
    report.blockLosses = lossesByBlock(blocks, text, report.words.has_value());
    const RatioError error = report.blockLosses.error();
    report.standardError = report.perplexity * error.standardError;
    report.blocks = static_cast<std::int64_t>(blocks.size());
    report.quantile95 = studentQuantile(error.degrees);
    if (!report.words) return;
    const double perByte = report.nllSum / static_cast<double>(report.words->bytes);
    report.words->wordPerplexity = report.perplexity;
    report.words->bytePerplexity = std::exp(perByte);
    report.words->bitsPerByte = perByte / std::numbers::ln2;
}

/// A spec for each perplexity that `spec` asks for.
Result<std::vector<EvalSpec>> protocolSpecs(const EvalSpec& spec) {
    SKD_CHECK(checkProtocolNames(spec));
    std::vector<EvalSpec> specs{spec};
    specs.front().also.clear();
    for (const std::string& name : spec.also) {
        EvalSpec other = specs.front();
        parseEnum(name, other.protocol);
        other.context = other.stride = 0;
        if (other.protocol == Protocol::LmEvalWikiText && other.bos == BosRule::Window)
            other.bos = BosRule::Auto;
        const bool known = std::any_of(specs.begin(), specs.end(), [&](const EvalSpec& s) {
            return s.protocol == other.protocol;
        });
        if (!known) specs.push_back(other);
    }
    return specs;
}

/// What is scored, and by whom.
struct Scoring {
    const Decoder& model;
    const EvalText& text;
    const Windows& windows;
    const EvalSettings& settings;
    const RunContext& context;
};

/// Of all windows, in their order; of several processes each scores those of its share, which
/// follow each other. Empty when cancelled, which processes that score together are not.
Result<std::vector<WindowScore>> scoreAll(const Scoring& work, CalibrationMeter& calibration) {
    Communicator* const devices = work.context.devices;
    const auto count = static_cast<std::int64_t>(work.windows.size());
    const auto [first, end] = devices == nullptr ? std::pair(std::int64_t{0}, count)
                                                 : shareOf(count, devices->rank(), devices->size());
    const std::span<const Window> own =
        std::span(work.windows)
            .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
    ProgressMeter meter(work.context, Stage::Evaluate, forwardTokens(own, work.settings), "tokens");
    std::vector<WindowScore> scores;
    while (scores.size() < own.size()) {
        if (devices == nullptr && work.context.cancelled()) return std::vector<WindowScore>();
        std::span<const Window> some = own.subspan(scores.size());
        some = some.first(windowsTogether(work.model, some, work.settings));
        SKD_TRY(std::vector<WindowScore> part,
                scoreWindows(work.model, work.text, some, work.settings,
                             work.settings.quality ? &calibration : nullptr));
        std::move(part.begin(), part.end(), std::back_inserter(scores));
        meter.advance(forwardTokens(some, work.settings));
    }
    if (devices == nullptr) return scores;
    return gatherScores(std::move(scores), work.windows, calibration, *devices);
}

}  // namespace

Result<EvalReport> perplexity(const Decoder& model, const EvalText& text,
                              const EvalSettings& settings, const RunContext& context) {
    SKD_TRY(const Windows windows, cutWindows(text, settings));
    EvalReport report{.settings = settings,
                      .tokens = static_cast<std::int64_t>(text.ids.size()),
                      .unscoredTokens = std::ranges::count(text.unscored, true),
                      .textSha256 = text.textSha256,
                      .tokenizerSha256 = text.tokenizerSha256,
                      .scoredSha256 = text.scoredSha256,
                      .dtype = model.dtypeName(),
                      .arithmetic = model.arithmeticName()};
    CalibrationMeter calibration;
    BlockLosses blocks(TextBlocks(text, windows, settings));
    const KeptMemory memory;
    const auto begin = std::chrono::steady_clock::now();
    SKD_TRY(const std::vector<WindowScore> scores,
            scoreAll({model, text, windows, settings, context}, calibration));
    if (scores.empty()) {
        report.cancelled = true;
        return report;
    }
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const Window& window = windows[i];
        report.windowNll.push_back(scores[i].nll);
        report.windowTokens.push_back(window.scored());
        report.nllSum += scores[i].nll;
        report.scoredTokens += window.scored();
        blocks.add(window, scoredTokens(text, window), scores[i].each());
        report.forwardTokens += forwardLength(window, settings);
    }
    report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    report.tokensPerSecond = static_cast<double>(report.forwardTokens) / report.seconds;
    if (settings.quality) report.calibration = calibration.report();
    conclude(report, text, windows, blocks);
    return report;
}

Result<std::vector<EvalReport>> evaluateProtocols(const Decoder& model, const Tokenizer& tokenizer,
                                                  const EvalSpec& spec, const RunContext& context) {
    SKD_TRY(const std::vector<EvalSpec> specs, protocolSpecs(spec));
    std::vector<EvalReport> reports;
    for (const EvalSpec& one : specs) {
        SKD_TRY(const EvalText text, loadEvalText(one, tokenizer));
        SKD_TRY(const EvalSettings settings,
                resolveSettings(one, text.addsBos, model.config.maxPositions));
        SKD_TRY(EvalReport report, perplexity(model, text, settings, context));
        reports.push_back(std::move(report));
        if (reports.back().cancelled) break;
    }
    return reports;
}

EvalSettings domainSettings(const EvalSettings& settings) {
    if (settings.protocol == Protocol::Paper512) return settings;
    return {.protocol = Protocol::Paper512,
            .context = 512,
            .stride = 256,
            .bos = settings.bos || settings.textBos,
            .textBos = false,
            .quality = settings.quality};
}

Result<std::vector<DomainReport>> evaluateDomains(const Decoder& model,
                                                  const std::vector<DomainText>& texts,
                                                  const EvalSettings& settings,
                                                  const RunContext& context) {
    std::vector<DomainReport> reports;
    const EvalSettings used = domainSettings(settings);
    for (const DomainText& domain : texts) {
        EvalText text;
        text.ids = domain.ids;
        text.bos = domain.bos;
        text.unscored = domain.unscored;
        SKD_TRY(EvalReport report,
                located(perplexity(model, text, used, context), "held-out text of " + domain.name));
        reports.push_back({domain.name, std::move(report)});
        if (reports.back().eval.cancelled) break;
    }
    return reports;
}

Json EvalReport::toJson() const {
    Json json{{"protocol", enumName(settings.protocol)},
              {"definition", describe(settings)},
              {"ppl", numberJson(perplexity)},
              {"standard_error", finiteOrNull(standardError)},
              {"t_95", finiteOrNull(quantile95)},
              {"blocks", blocks},
              {"block_losses", blockSumsJson(blockLosses)},
              {"nll_sum", numberJson(nllSum)},
              {"scored_tokens", scoredTokens},
              {"token_ppl", numberJson(tokenPerplexity)},
              {"forward_tokens", forwardTokens},
              {"tokens", tokens},
              {"tokens_per_second", tokensPerSecond},
              {"seconds", seconds},
              {"context", settings.context},
              {"stride", settings.stride},
              {"bos", settings.bos       ? "window"
                      : settings.textBos ? "text"
                                         : "none"},
              {"dtype", dtype},
              {"arithmetic", arithmetic},
              {"log_softmax", "f32"},
              {"text_sha256", textSha256},
              {"scored_text_sha256", scoredSha256},
              {"tokenizer_sha256", tokenizerSha256}};
    if (words) {
        json["word_perplexity"] = numberJson(words->wordPerplexity);
        json["byte_perplexity"] = numberJson(words->bytePerplexity);
        json["bits_per_byte"] = words->bitsPerByte;
        json["pages"] = words->pages;
        json["words"] = words->words;
        json["bytes"] = words->bytes;
    }
    if (unscoredTokens > 0) json["unscored_tokens"] = unscoredTokens;
    if (calibration) json["calibration"] = calibration->toJson();
    return json;
}

Json DomainReport::toJson() const {
    return {{"domain", name},
            {"ppl", numberJson(eval.perplexity)},
            {"standard_error", finiteOrNull(eval.standardError)},
            {"nll_sum", eval.nllSum},
            {"scored_tokens", eval.scoredTokens},
            {"tokens", eval.tokens},
            {"definition", describe(eval.settings)}};
}

}  // namespace skd
