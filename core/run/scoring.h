#pragma once

#include "eval/perplexity.h"
#include "events/event.h"
#include "library/model_source.h"
#include "results/run_summary.h"

namespace skd {

/// Figures a run has already measured, kept beside its checkpoints so that resuming does not repeat
/// them: an object per stage name. Written atomically after every stage.
class RunState {
public:
    /// Reads `folder`/state.json where it is intact; else starts empty.
    explicit RunState(std::filesystem::path folder);
    [[nodiscard]] std::optional<Json> find(const std::string& stage) const;
    [[nodiscard]] bool empty() const { return m_stages.empty(); }
    Status put(const std::string& stage, Json result);

    /// Adds to what the run has spent on stages of a kind; on disk from the next put() on, so that
    /// a stage that is cut short and done again counts once.
    void charge(Stage stage, double seconds);
    /// Seconds by kind of stage, of all attempts.
    [[nodiscard]] const NamedValues<double>& spent() const { return m_spent; }

private:
    std::filesystem::path m_folder;
    Json m_stages = Json::object();
    NamedValues<double> m_spent;
};

/// Seconds of the stages of one kind, or of all.
double secondsOf(const NamedValues<double>& spent, Stage stage);
double totalOf(const NamedValues<double>& spent);

/// Perplexities of models that other runs meet again (the dense one), kept under the hash of
/// everything that decides them. A damaged entry counts as none.
class ScoreCache {
public:
    explicit ScoreCache(std::filesystem::path folder) : m_folder(std::move(folder)) {}
    [[nodiscard]] std::optional<Json> find(const std::string& key) const;
    Status put(const std::string& key, const Json& report) const;

private:
    std::filesystem::path m_folder;
};

/// One figure of a run.
struct Figure {
    std::string name;    ///< in the run's state: "dense", "round1.post_prune"
    std::string metric;  ///< "" = none is emitted
    std::string label;   ///< what users read while it is measured
    std::int64_t step = 0;
    bool live = false;  ///< on the live slice of the selection text
    /// ModelIdentity::key; given: looked for in, and added to, the cache of scores.
    std::string modelKey = {};
};

/// Measures perplexities of one run: on the evaluation text, and on the live slice of the selection
/// text, by which a run chooses. What the run's state or the cache of scores knows is not measured
/// again.
class Scorer {
public:
    static Result<Scorer> create(const EvalSpec& spec, const OpenModel& model,
                                 const ScoreCache& cache);

    [[nodiscard]] const EvalText& text() const { return m_text; }
    [[nodiscard]] const EvalText& liveText() const { return m_live; }
    /// The live slice is all of the evaluation text.
    [[nodiscard]] bool choosesByAll() const {
        return m_live.textSha256 == m_text.textSha256 && m_live.unscored == m_text.unscored &&
               m_live.ids.size() == m_text.ids.size();
    }
    [[nodiscard]] const EvalSettings& settings() const { return m_settings; }

    /// The report; nothing when cancelled.
    Result<std::optional<Score>> measure(const Decoder& model, const Figure& figure,
                                         RunState& state, const RunContext& context) const;
    /// The evaluation text, or the live slice, scored by this process or, with context.devices, by
    /// all of them.
    [[nodiscard]] Result<EvalReport> evaluate(const Decoder& model, bool live,
                                              const RunContext& context) const;
    /// What measure() does instead of that from now on.
    using Evaluate = std::function<Result<EvalReport>(const Decoder& model, bool live)>;
    void shareWith(Evaluate evaluate) { m_together = std::move(evaluate); }
    /// Perplexity on the live slice, NaN when cancelled.
    Result<double> live(const Decoder& model, const RunContext& context) const;

private:
    explicit Scorer(const ScoreCache& cache) : m_cache(&cache) {}
    [[nodiscard]] std::string cacheKey(const Decoder& model, const Figure& figure) const;
    const ScoreCache* m_cache;
    Evaluate m_together;  ///< empty: this process alone
    EvalText m_text, m_live;
    EvalSettings m_settings;
};

}  // namespace skd
