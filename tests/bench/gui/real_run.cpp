#include <QApplication>
#include <QTest>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>

#include "figures.h"
#include "run/session.h"
#include "window/main_window.h"

namespace skd::bench {

namespace {

using Clock = std::chrono::steady_clock;

RunSpec shortRun(const std::string& model) {
    RunSpec spec;
    spec.name = "overhead";
    spec.keep = Keep::Nothing;
    spec.model.path = model;
    spec.corpus.sequenceLength = 256;
    spec.corpus.samples = 64;
    spec.prune.truncation = Truncation::Whitened;
    spec.distill.steps = 16;
    spec.distill.batch = 4;
    spec.distill.warmup = 2;
    spec.distill.evalEvery = 4;
    spec.distill.checkpointEvery = 0;
    spec.eval.maxTokens = 2048;
    spec.eval.liveTokens = 1024;
    return spec;
}

/// Seconds from the engine's own start of a run to its end.
class RunClock : public EventSink {
public:
    void emit(Event event) override {
        const std::scoped_lock lock(m_mutex);
        if (std::holds_alternative<RunStarted>(event)) m_begin = Clock::now();
        if (const auto* failed = std::get_if<RunFailed>(&event)) m_problem = failed->error.message;
        if (std::holds_alternative<RunFinished>(event) ||
            std::holds_alternative<RunFailed>(event)) {
            m_seconds = std::chrono::duration<double>(Clock::now() - m_begin).count();
            m_done.notify_all();
        }
    }
    [[nodiscard]] bool done() {
        const std::scoped_lock lock(m_mutex);
        return m_seconds.has_value();
    }
    double wait() {
        std::unique_lock lock(m_mutex);
        m_done.wait(lock, [this] { return m_seconds.has_value(); });
        return result();
    }
    double result() {
        if (!m_problem.empty()) std::fprintf(stderr, "the run failed: %s\n", m_problem.c_str());
        return m_problem.empty() ? *m_seconds : NAN;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_done;
    Clock::time_point m_begin;
    std::optional<double> m_seconds;
    std::string m_problem;
};

std::unique_ptr<Session> open(const std::filesystem::path& file) {
    SessionOptions options;
    options.workspace = file;
    auto session = makeSession(options);
    if (!session) std::fprintf(stderr, "%s\n", session.error().message.c_str());
    return session ? std::move(*session) : nullptr;
}

double withoutWindow(const std::filesystem::path& file, const RunSpec& spec) {
    const auto session = open(file);
    const auto clock = std::make_shared<RunClock>();
    session->subscribe(clock);
    if (!session->start(spec)) return NAN;
    return clock->wait();
}

double withWindow(const std::filesystem::path& file, const RunSpec& spec, Theme& theme,
                  std::vector<double>& late) {
    auto session = open(file);
    const auto clock = std::make_shared<RunClock>();
    session->subscribe(clock);
    MainWindow window(std::make_unique<Workspace>(file, std::move(session)), theme);
    window.resize(1440, 900);
    window.show();
    require(QTest::qWaitFor([&] { return window.settled(); }, 20'000), "the window");
    window.monitor().start(spec);
    const Heartbeat heart;
    while (!clock->done()) QTest::qWait(20);
    late.insert(late.end(), heart.late().begin(), heart.late().end());
    return clock->result();
}

}  // namespace

void realRuns(const std::filesystem::path& folder, const std::string& model, int pairs,
              Theme& theme, std::vector<Figure>& figures) {
    const auto file = folder / "runs.sqlite";
    const RunSpec spec = shortRun(model);
    withoutWindow(file, spec);  // fills the caches that all the others share
    std::vector<double> alone, shown, ratios, late;
    for (int i = 0; i < pairs; ++i) {
        const bool first = i % 2 == 0;  // the machine's clock drifts: each goes first as often
        if (first) alone.push_back(withoutWindow(file, spec));
        shown.push_back(withWindow(file, spec, theme, late));
        if (!first) alone.push_back(withoutWindow(file, spec));
        ratios.push_back(shown.back() / alone.back());
        std::fprintf(stderr, "pair %d: %.2f s alone, %.2f s with the window\n", i + 1, alone.back(),
                     shown.back());
    }
    figures.push_back({"run_seconds_without_window", quantile(alone, 0.5), INFINITY});
    figures.push_back({"run_with_window_over_without", quantile(ratios, 0.5), 1.02});
    figures.push_back({"event_loop_p99_ms_during_a_run", quantile(late, 0.99), 50});
    figures.push_back({"event_loop_worst_ms_during_a_run", quantile(late, 1), INFINITY});
}

}  // namespace skd::bench
