#pragma once

#include "distill/trainer.h"
#include "run/teacher_source.h"
#include "run/team/team.h"

namespace skd {

/// A stage that rank 0 carries out with all others, while it lives: `context` is the run's with the
/// processes in it. Without a team it is the run's as it is.
class JointStage {
public:
    JointStage(const RunContext& context, Team* team);
    ~JointStage();
    JointStage(const JointStage&) = delete;
    JointStage& operator=(const JointStage&) = delete;
    [[nodiscard]] const RunContext& context() const { return m_context; }
    /// It has ended well, in all processes.
    void finish();

private:
    RunContext m_context;
    Team* m_team;
};

/// Rank 0's side: brings the others to where distill() begins with the same student, corpus,
/// teacher and environment. Nothing without a team.
Status callToTrain(RunWork& work, const DistillSpec& spec, const DistillEnvironment& environment,
                   const TeacherSource& teacher);
/// To where the cache of `teacher` is built.
Status callToCache(RunWork& work, const Decoder& teacher, const TeacherCacheKey& key);
/// Scores `model` on the run's text, or its live slice, with all processes.
Result<EvalReport> scoreTogether(RunWork& work, const Decoder& model, bool live);

/// The others' side of them.
class Follower {
public:
    Follower(Communicator& devices, const RunPaths& paths, std::stop_token stop);
    Status train(const Json& command);
    Status cache(const Json& command);
    Status score(const Json& command);

private:
    /// What the spec of a command names: tokeniser, corpus and texts, opened once.
    Status prepare(const Json& command);
    Status openCorpus(std::int64_t samples);
    [[nodiscard]] RunContext context() const;
    [[nodiscard]] Result<at::Device> device() const;

    Communicator& m_devices;
    const RunPaths& m_paths;
    std::stop_token m_stop;
    ScoreCache m_scores;
    Json m_specJson;
    RunSpec m_spec;
    std::uint64_t m_seed = 0;
    OpenModel m_model;  ///< tokeniser and config alone
    std::optional<Corpus> m_corpus;
    std::optional<Scorer> m_scorer;
};

}  // namespace skd
