#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <numeric>

#include "base/files.h"
#include "base/text.h"
#include "bench_support.h"
#include "distill/training_step.h"
#include "eval/perplexity.h"
#include "model/files/model_loader.h"

namespace skd::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Time since it was made, also of the processor.
class Stopwatch {
public:
    [[nodiscard]] Json toJson() const {
        return {{"seconds", std::chrono::duration<double>(Clock::now() - m_begin).count()},
                {"cpu_seconds", static_cast<double>(std::clock() - m_used) / CLOCKS_PER_SEC}};
    }

private:
    Clock::time_point m_begin = Clock::now();
    std::clock_t m_used = std::clock();
};

Result<std::vector<TokenId>> readIds(const std::filesystem::path& path) {
    SKD_TRY(const std::string text, readFile(path, 64 << 20));
    SKD_TRY(const Json json, parseJson(text));
    return json.get<std::vector<TokenId>>();
}

/// Windows of `length` tokens one after another, every position scored.
Result<Json> evaluate(const Decoder& model, const std::vector<TokenId>& ids,
                      const TurnSettings& s) {
    EvalText text;
    text.ids.assign(ids.begin(), ids.begin() + s.windows * s.window);
    EvalSettings settings;
    settings.context = settings.stride = s.window;
    const Stopwatch watch;
    SKD_TRY(const EvalReport report, perplexity(model, text, settings, {}));
    Json json = watch.toJson();
    json.update({{"nll", report.nllSum}, {"scored", report.scoredTokens}});
    return json;
}

/// Distillation of a model from itself by a cache of its `k` most probable tokens.
class Student {
public:
    static Result<std::unique_ptr<Student>> make(Decoder& model, const std::vector<TokenId>& ids,
                                                 const TurnSettings& s) {
        auto student = std::unique_ptr<Student>(new Student(ids, s));
        const std::filesystem::path folder =
            std::filesystem::temp_directory_path() / strCat("skd_turns_", ::getpid());
        std::filesystem::remove_all(folder);
        const TeacherCacheKey key{"turns", s.dtype, "turns", student->m_corpus.sha256(),
                                  s.topK,  {}};
        auto cache = buildTeacherCache(model, student->m_corpus, key, folder, {});
        if (!cache) return tl::unexpected(cache.error());
        student->m_cache = std::move(*cache);
        std::filesystem::remove_all(folder);  // stays mapped
        student->m_step.emplace(model, student->m_corpus, student->m_cache, student->m_spec);
        return student;
    }

    Result<Json> step() {
        const Stopwatch watch;
        SKD_TRY(const WindowLoss loss, m_step->gradients(m_order));
        m_step->apply(loss, m_spec.learningRate.valueOr(kDefaultLearningRate));
        Json json = watch.toJson();
        json.update({{"ce", loss.ce}, {"kl", loss.kl}, {"norm", loss.gradientNorm}});
        return json;
    }

private:
    Student(const std::vector<TokenId>& ids, const TurnSettings& s)
        : m_corpus(corpusOf(ids, s)), m_order(static_cast<std::size_t>(s.samples)) {
        m_spec.batch = s.samples;
        m_spec.microBatch = s.microBatch;
        m_spec.topK = s.topK;
        std::iota(m_order.begin(), m_order.end(), 0);
    }
    /// A sample has a token more than positions: its first are read, its last are predicted.
    static Corpus corpusOf(const std::vector<TokenId>& ids, const TurnSettings& s) {
        const std::int64_t length = s.length + 1;
        return {length,
                {ids.begin(), ids.begin() + s.samples * length},
                std::vector<std::uint32_t>(static_cast<std::size_t>(s.samples),
                                           static_cast<std::uint32_t>(length))};
    }

    Corpus m_corpus;
    DistillSpec m_spec;
    std::vector<std::int64_t> m_order;
    TeacherCache m_cache;
    std::optional<TrainingStep> m_step;
};

Status answer(Decoder& model, const std::vector<TokenId>& ids, const TurnSettings& settings) {
    std::unique_ptr<Student> student;
    for (std::string line; std::getline(std::cin, line) && line != "quit";) {
        Json reply;
        if (line == "gemm") reply = {{"gflops", gemmGigaflops(0.5, model.dtype())}};
        if (line == "eval") {
            SKD_TRY(reply, evaluate(model, ids, settings));
        }
        if (line == "step") {
            if (!student) {
                SKD_TRY(student, Student::make(model, ids, settings));
            }
            SKD_TRY(reply, student->step());
        }
        std::cout << dumpJson(reply) << std::endl;
    }
    return {};
}

}  // namespace

int takeTurns(const TurnSettings& settings) {
    const auto run = [&]() -> Status {
        SKD_TRY(const std::vector<TokenId> ids, readIds(settings.ids));
        const auto wanted = static_cast<std::size_t>(
            std::max(settings.windows * settings.window, settings.samples * (settings.length + 1)));
        if (ids.size() < wanted)
            return fail(ErrorCode::InvalidInput, strCat(settings.ids, " holds ", ids.size(),
                                                        " ids, ", wanted, " are needed"));
        SKD_TRY(LoadedModel model,
                loadModel(settings.model,
                          {settings.dtype == "f32" ? at::kFloat : at::kBFloat16, at::kCPU}));
        std::cout << dumpJson({{"ready", true}}) << std::endl;
        return answer(model.decoder, ids, settings);
    };
    const Status status = run();
    if (!status) std::cerr << status.error().message << std::endl;
    return status ? 0 : 1;
}

}  // namespace skd::bench
