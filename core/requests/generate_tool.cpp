#include "requests/generate_tool.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"
#include "library/dialogue.h"
#include "library/model_source.h"
#include "model/generation.h"
#include "model/head_scoring.h"
#include "model/vocabulary.h"
#include "tokenizer/text_stream.h"

namespace skd {
namespace {

using Clock = std::chrono::steady_clock;

double inMilliseconds(Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

Status checkRequest(const GenerateRequest& request) {
    if (request.answers < 1 || request.tokens < 1)
        return fail(ErrorCode::InvalidInput, "at least one answer of at least one token is needed");
    return {};
}

/// Tokens that the cache has room for at first; it grows where an answer is longer.
constexpr std::int64_t kRoom = 1024;

/// A model that has read the prompt, ready to continue `answers` times.
struct Reader {
    Reader(const Decoder& model, const std::vector<TokenId>& prompt, const GenerateRequest& request)
        : generator(model, std::ssize(prompt) + std::min<std::int64_t>(request.tokens, kRoom)) {
        logits = generator.feed(std::span(prompt)).repeat_interleave(request.answers, 0);
        if (request.answers > 1) generator.repeat(request.answers);
    }
    Generator generator;
    at::Tensor logits;  ///< [answers, vocabulary] f32, of the next token
};

/// The reference model: it scores the tokens that the first model generates.
Result<OpenModel> openReference(const ModelRef& ref, const GenerateRequest& request,
                                const OpenModel& model, const RunPaths& runs) {
    ModelRef denseRef = ref;
    denseRef.path = request.against;
    SKD_TRY(OpenModel reference, openModel(denseRef, &runs));
    if (reference.tokenizer->sha256() != model.tokenizer->sha256())
        return fail(ErrorCode::InvalidInput,
                    strCat(model.summary.name, " and ", reference.summary.name,
                           " have different tokenisers; their predictions cannot be compared"));
    return reference;
}

/// Passes steps of a generation on as events, and keeps what the answers come to.
class GenerationEmitter {
public:
    GenerationEmitter(const OpenModel& model, const GenerateRequest& request,
                      const RunContext& context, Reader* reference)
        : m_request(request),
          m_context(context),
          m_reference(reference),
          m_ended(static_cast<std::size_t>(request.answers)) {
        for (std::int64_t i = 0; i < request.answers; ++i) m_streams.emplace_back(*model.tokenizer);
    }

    void observe(const GenerationStep& step) {
        const std::vector<double> kl = m_reference != nullptr
                                           ? rowDivergences(m_reference->logits, step.logits)
                                           : std::vector<double>();
        at::Tensor labels = at::zeros({step.logits.size(0)}, at::kLong);
        for (std::size_t i = 0; i < step.chosen.size(); ++i)
            labels.data_ptr<std::int64_t>()[i] = step.chosen[i].value_or(0);
        const bool last = step.position + 1 == m_request.tokens;
        for (std::size_t i = 0; i < step.chosen.size(); ++i) {
            if (!step.chosen[i]) continue;
            TokensGenerated event{
                m_context.run, m_request.number, static_cast<std::int64_t>(i), {}, {}, {}, {}, {}};
            if (step.ended[i])
                event.ended = "stop";
            else if (last)
                event.ended = "length";
            if (!step.ended[i]) {
                event.ids = {*step.chosen[i]};
                event.text = m_streams[i].push(*step.chosen[i]);
                event.logProbability = {step.logProbabilities[i]};
                if (!kl.empty()) event.kl = {kl[i]};
                addKl(event.kl);
            }
            if (!event.ended.empty()) event.text += m_streams[i].finish();
            m_ended[i] = event.ended;
            m_context.emit(std::move(event));
        }
        if (m_reference != nullptr && !last)
            m_reference->logits = m_reference->generator.feed(labels.unsqueeze(1));
    }

    /// Ends the answers that were broken off.
    void cancel() {
        for (std::size_t i = 0; i < m_ended.size(); ++i) {
            if (!m_ended[i].empty()) continue;
            m_ended[i] = "cancelled";
            m_context.emit(TokensGenerated{m_context.run,
                                           m_request.number,
                                           static_cast<std::int64_t>(i),
                                           {},
                                           m_streams[i].finish(),
                                           {},
                                           {},
                                           "cancelled"});
        }
    }

    [[nodiscard]] const std::string& ended(std::size_t answer) const { return m_ended[answer]; }
    [[nodiscard]] double meanKl() const {
        return m_klCount > 0 ? m_klSum / static_cast<double>(m_klCount) : 0;
    }

private:
    void addKl(const std::vector<double>& kl) {
        m_klSum = std::accumulate(kl.begin(), kl.end(), m_klSum);
        m_klCount += kl.size();
    }

    const GenerateRequest& m_request;
    const RunContext& m_context;
    Reader* m_reference;
    std::vector<TextStream> m_streams;
    std::vector<std::string> m_ended;
    double m_klSum = 0;
    std::size_t m_klCount = 0;
};

Json answersJson(const OpenModel& model, const std::vector<std::vector<TokenId>>& texts,
                 const GenerationEmitter& emitter) {
    Json answers = Json::array();
    for (std::size_t i = 0; i < texts.size(); ++i)
        answers.push_back({{"text", model.tokenizer->decode(texts[i])},
                           {"ids", texts[i]},
                           {"ended", emitter.ended(i)}});
    return answers;
}

}  // namespace

Result<Json> generateText(const ModelRef& ref, const GenerateRequest& request, const RunPaths& runs,
                          const RunContext& context) {
    SKD_CHECK(checkRequest(request));
    const int threads = setThreads(ref.threads);
    SKD_TRY(OpenModel model, openModel(ref, &runs));
    SKD_TRY(const Dialogue dialogue, readDialogue(model));
    SKD_TRY(const PromptTokens asked, readPrompt(model, dialogue, request.prompt, request.chat));
    const std::vector<TokenId>& prompt = asked.ids;
    std::optional<OpenModel> referenceModel;
    std::optional<Reader> reference;
    if (!request.against.empty()) {
        SKD_TRY(referenceModel, openReference(ref, request, model, runs));
        shareVocabulary(model.decoder, referenceModel->decoder);
        reference.emplace(referenceModel->decoder, prompt, request);
    }
    GenerationEmitter emitter(model, request, context, reference ? &*reference : nullptr);
    const Clock::time_point start = Clock::now();
    Reader reader(model.decoder, prompt, request);
    const Clock::time_point read = Clock::now();
    std::int64_t steps = 0;
    bool cancelled = false;
    GenerationOptions options{.tokens = request.tokens,
                              .sampling = {request.temperature, request.topK, request.topP},
                              .seed = static_cast<std::uint64_t>(request.seed),
                              .stop = request.ignoreEos ? std::vector<TokenId>() : dialogue.stop,
                              .cancelled = [&] { return cancelled = context.cancelled(); }};
    options.logProbabilities = true;
    options.observe = [&](const GenerationStep& step) {
        ++steps;
        emitter.observe(step);
    };
    SKD_TRY(const auto texts, continueText(reader.generator, reader.logits, options));
    if (cancelled) emitter.cancel();
    Json json{{"model", model.summary.name},
              {"weights_sha256", model.summary.weightsSha256},
              {"threads", threads},
              {"prompt_tokens", prompt.size()},
              {"chat", asked.chat}};
    json.update(samplingJson(request));
    json["answers"] = answersJson(model, texts, emitter);
    if (reference) json["mean_kl"] = emitter.meanKl();
    json["ttft_ms"] = inMilliseconds(read - start);
    if (steps > 1)
        json["tpot_ms"] = inMilliseconds(Clock::now() - read) / static_cast<double>(steps - 1);
    json["cancelled"] = cancelled;
    return json;
}

}  // namespace skd
