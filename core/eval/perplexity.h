#pragma once

#include "eval/calibration.h"
#include "eval/text_blocks.h"
#include "eval/windows.h"
#include "events/run_context.h"
#include "model/decoder.h"

namespace skd {

/// What lm-eval-wikitext divides by and reports: words and bytes of the pages before detokenising.
struct WordMeasures {
    std::int64_t pages = 0, words = 0, bytes = 0;
    double wordPerplexity = 0, bytePerplexity = 0, bitsPerByte = 0;
};

/// One measured perplexity with everything needed to say what it is.
struct EvalReport {
    EvalSettings settings;
    double perplexity = 0;       ///< as the protocol defines it; of lm-eval-wikitext per word
    double tokenPerplexity = 0;  ///< exp(nllSum / scoredTokens)
    double nllSum = 0;           ///< nats over all scored tokens
    /// Of the perplexity (delta method), from disjoint blocks of text or pages (TextBlocks); not
    /// finite below two of them.
    double standardError = 0;
    double quantile95 = 0;    ///< half of a 95 % interval in standard errors: Student's t
    std::int64_t blocks = 0;  ///< of text, or pages: the evidence behind it
    BlockSums blockLosses;    ///< of them
    std::int64_t scoredTokens = 0, forwardTokens = 0, tokens = 0;
    std::int64_t unscoredTokens = 0;          ///< of the text, read as context alone
    double seconds = 0, tokensPerSecond = 0;  ///< forward tokens
    std::string textSha256, tokenizerSha256, scoredSha256;
    std::string dtype;                       ///< Decoder::dtypeName
    std::string arithmetic;                  ///< "bf16" or "f32"
    std::vector<double> windowNll;           ///< per window: sum
    std::vector<std::int64_t> windowTokens;  ///< per window: scored
    std::optional<WordMeasures> words;       ///< of lm-eval-wikitext
    std::optional<CalibrationReport> calibration;
    bool cancelled = false;

    [[nodiscard]] Json toJson() const;
};

/// Perplexity of `model` on `text`: log-softmax in f32, sums in f64; one window at a time on the
/// CPU, on a device as many as make up kPassTokens (device_scoring.h). A window whose NLL is not
/// finite makes the perplexity not finite; it is never dropped.
Result<EvalReport> perplexity(const Decoder& model, const EvalText& text,
                              const EvalSettings& settings, const RunContext& context);

/// The perplexities that a spec asks for: its own protocol first, then those of `also`, which take
/// their own context and stride (and, where the rule does not fit them, bos as their recipe has
/// it). A cancelled report is the last one.
Result<std::vector<EvalReport>> evaluateProtocols(const Decoder& model, const Tokenizer& tokenizer,
                                                  const EvalSpec& spec, const RunContext& context);

/// Held-out text of one domain.
struct DomainText {
    std::string name;
    std::vector<TokenId> ids;
    std::optional<TokenId> bos = {};  ///< needed only where bos opens every window
    std::vector<bool> unscored = {};  ///< as EvalText's
};

struct DomainReport {
    std::string name;
    EvalReport eval;
    [[nodiscard]] Json toJson() const;
};

/// The settings that domains are scored with: the windows of paper-512-256, with the run's context,
/// stride and bos rule where that is its protocol.
EvalSettings domainSettings(const EvalSettings& settings);

/// Perplexity on each domain with domainSettings. A cancelled report is the last one. InvalidInput,
/// with the domain's name, where a text is too short.
Result<std::vector<DomainReport>> evaluateDomains(const Decoder& model,
                                                  const std::vector<DomainText>& texts,
                                                  const EvalSettings& settings,
                                                  const RunContext& context);

}  // namespace skd
