#include "bench/turns.h"

#include <c10/core/GradMode.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>

#include "base/files.h"
#include "base/text.h"
#include "bench/student.h"
#include "bench/world.h"
#include "eval/perplexity.h"
#include "model/generation.h"

namespace skd::bench {
namespace {

/// Time since it was made, also of the processor.
class TurnClock {
public:
    [[nodiscard]] Json toJson() const {
        return {{"seconds", std::chrono::duration<double>(Clock::now() - m_begin).count()},
                {"cpu_seconds", static_cast<double>(std::clock() - m_used) / CLOCKS_PER_SEC}};
    }

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point m_begin = Clock::now();
    std::clock_t m_used = std::clock();
};

class TurnWork {
public:
    TurnWork(OpenModel model, std::vector<TokenId> ids, const TurnRequest& request)
        : m_open(std::move(model)), m_ids(std::move(ids)), m_request(request) {}

    Result<Json> answer(const std::string& line) {
        if (line == "gemm")
            return Json{{"gflops", gemmRate(0.5, m_open.decoder.activationDtype()) / 1e9}};
        if (line == "eval") return evaluate();
        if (line == "step") return step();
        if (line == "prefill") return prefill();
        if (line == "decode") return decode();
        if (line.starts_with("tokenize ")) return tokenize(line.substr(9));
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", line,
                           "\" is no work; there are eval, step, prefill, decode, "
                           "tokenize TEXTFILE and gemm"));
    }

private:
    /// Windows one after another, every position scored.
    Result<Json> evaluate() {
        EvalText text;
        text.ids.assign(m_ids.begin(), m_ids.begin() + m_request.windows * m_request.window);
        EvalSettings settings;
        settings.context = settings.stride = m_request.window;
        const TurnClock clock;
        SKD_TRY(const EvalReport report, perplexity(m_open.decoder, text, settings, {}));
        Json json = clock.toJson();
        json.update({{"nll", report.nllSum}, {"scored", report.scoredTokens}});
        return json;
    }

    Result<Json> step() {
        const StepShape shape{m_request.samples, m_request.length, m_request.topK,
                              m_request.microBatch};
        if (!m_student) {
            const std::vector<TokenId> ids(m_ids.begin(), m_ids.begin() + shape.ids());
            SKD_TRY(m_student, Student::make(m_open.decoder, ids, shape,
                                             std::filesystem::temp_directory_path() /
                                                 strCat("sparsekd-turns-", ::getpid())));
        }
        const TurnClock clock;
        SKD_TRY(const WindowLoss loss, m_student->step());
        Json json = clock.toJson();
        json.update({{"ce", loss.ce}, {"kl", loss.kl}, {"norm", loss.gradientNorm}});
        return json;
    }

    [[nodiscard]] at::Tensor promptIds() const {
        return at::tensor(
                   std::vector<std::int64_t>(m_ids.begin(), m_ids.begin() + m_request.prompt),
                   at::kLong)
            .unsqueeze(0);
    }

    Result<Json> prefill() {
        const c10::NoGradGuard noGradient;
        const at::Tensor ids = promptIds();
        const TurnClock clock;
        Generator generator(m_open.decoder, m_request.prompt);
        const std::int64_t next = generator.feed(ids).argmax().item<std::int64_t>();
        Json json = clock.toJson();
        json["next"] = next;
        return json;
    }

    Result<Json> decode() {
        const c10::NoGradGuard noGradient;
        Generator generator(m_open.decoder, m_request.prompt + m_request.generate);
        at::Tensor next = generator.feed(promptIds()).argmax(-1, true);
        const TurnClock clock;
        for (std::int64_t i = 0; i < m_request.generate; ++i)
            next = generator.feed(next).argmax(-1, true);
        Json json = clock.toJson();
        json["last"] = next.item<std::int64_t>();
        return json;
    }

    Result<Json> tokenize(const std::string& file) {
        SKD_TRY(const std::string text, readFile(file));
        const TurnClock clock;
        SKD_TRY(const std::vector<TokenId> ids, m_open.tokenizer->encode(text));
        Json json = clock.toJson();
        json.update({{"tokens", ids.size()}, {"bytes", text.size()}});
        return json;
    }

    OpenModel m_open;
    std::vector<TokenId> m_ids;
    const TurnRequest& m_request;
    std::unique_ptr<Student> m_student;
};

Result<std::vector<TokenId>> readIds(const TurnRequest& request) {
    SKD_TRY(const Json json, readJsonFile(request.ids, 64 << 20));
    std::vector<TokenId> ids;
    for (const Json& id : json) {
        const auto value = valueAs<TokenId>(id);
        if (!value)
            return fail(ErrorCode::InvalidInput,
                        strCat(request.ids, " has to hold a JSON array of token ids"));
        ids.push_back(*value);
    }
    const auto wanted = static_cast<std::size_t>(
        std::max({request.windows * request.window, request.samples * (request.length + 1),
                  request.prompt}));
    if (ids.size() >= wanted) return ids;
    return fail(ErrorCode::InvalidInput, strCat(request.ids, " holds ", ids.size(), " ids, but ",
                                                wanted, " are needed; give a longer text"));
}

}  // namespace

Status takeTurns(const TurnRequest& request, std::istream& in, std::ostream& out) {
    setThreads(request.model.threads);
    SKD_TRY(std::vector<TokenId> ids, readIds(request));
    SKD_TRY(OpenModel model, openModel(request.model));
    TurnWork work(std::move(model), std::move(ids), request);
    out << dumpJson({{"ready", true}}) << std::endl;
    for (std::string line; std::getline(in, line) && line != "quit";) {
        SKD_TRY(const Json reply, work.answer(line));
        out << dumpJson(reply) << std::endl;
    }
    return {};
}

}  // namespace skd::bench
