#include "run/pipeline.h"

#include <algorithm>

#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "model/random_init.h"
#include "requests/tools.h"
#include "run/assessment.h"
#include "run/round.h"
#include "run/stage_scope.h"
#include "spec/study_spec.h"

namespace skd {
namespace {

/// Reason of a run that the user has stopped: an outcome, not an error.
constexpr const char* kStopped = "stopped";
constexpr const char* kSummary = "summary";

class Pipeline {
public:
    Pipeline(const RunSpec& spec, const RunPaths& paths, const RunContext& context)
        : m_work(spec, paths, context) {}

    Result<PipelineResult> execute(const std::function<Status(const Json&)>& onModel) {
        SKD_CHECK(load(onModel));
        if (const auto summary = m_work.state.find(kSummary)) return finished(*summary);
        SKD_CHECK(scoreDense());
        SKD_CHECK(prepareCorpus());
        SKD_CHECK(scoreDenseDomains());
        SKD_CHECK(openTeacher());
        SKD_CHECK(prepareStudent());
        SKD_CHECK(runRounds());
        if (!m_work.stopped) SKD_CHECK(assessFinal(m_work));
        return conclude();
    }

private:
    Status load(const std::function<Status(const Json&)>& onModel) {
        StageScope stage(m_work.context, Stage::Load, strCat("load ", m_work.spec.model.path));
        m_work.threads = setThreads(m_work.spec.model.threads);
        SKD_TRY(m_work.model, openModel(m_work.spec.model, &m_work.paths));
        SKD_TRY(m_work.scorer, Scorer::create(m_work.spec.eval, m_work.model, m_work.scores));
        SKD_TRY(m_work.extraScorers, extraScorers(m_work));
        m_work.dense =
            DenseReference::fromJson(valueAt(m_work.model.about, "dense"), m_work.spec.prune)
                .value_or(denseReference(m_work.model.decoder, m_work.spec.prune));
        Json environment = environmentRecord();
        environment["dtype"] = m_work.model.decoder.dtypeName();
        environment["arithmetic"] = m_work.arithmetic = m_work.model.decoder.arithmeticName();
        environment["model_sha256"] = m_work.model.summary.weightsSha256;
        environment["tokenizer_sha256"] = m_work.model.summary.tokenizerSha256;
        environment["text_sha256"] = m_work.scorer->text().textSha256;
        SKD_CHECK(onModel(environment));
        stage.finish({{"parameters", m_work.model.summary.totalParameters}});
        return {};
    }

    /// The dense perplexity, and where the run continues with a pruned model, that model's as well.
    Status scoreDense() {
        const std::string& sha = m_work.model.summary.weightsSha256;
        const auto origin = readRecord<Score>(valueAt(m_work.model.about, "dense_score"));
        if (isComparable(origin)) {
            m_work.denseScore = origin;
            emitMetric("ppl.dense", origin);
            SKD_TRY(const Score start,
                    m_work.measure(m_work.model.decoder,
                                   {"start", "ppl.start", "perplexity of the model it starts from",
                                    0, false, sha}));
            if (!m_work.stopped) m_work.summary.startPpl = valueOrNan(start.ppl);
        } else {
            SKD_TRY(m_work.denseScore,
                    m_work.measure(m_work.model.decoder,
                                   {"dense", "ppl.dense", "dense perplexity", 0, false, sha}));
        }
        m_work.summary.densePpl = m_work.denseScore.ppl;
        m_work.summary.denseStandardError = m_work.denseScore.standardError;
        return m_work.stopped ? Status() : scoreDenseLive(sha);
    }

    Status scoreDenseLive(const std::string& sha) {
        if (m_work.scorer->liveText().ids.size() == m_work.scorer->text().ids.size()) {
            emitMetric("ppl.dense_live", m_work.denseScore);
            return {};
        }
        SKD_TRY(const Score measured,
                m_work.measure(m_work.model.decoder,
                               {"dense_live", "ppl.dense_live",
                                "dense perplexity on the live slice", 0, true, sha}));
        return {};
    }

    void emitMetric(const char* name, const Score& score) const {
        m_work.context.emit(MetricBatch{m_work.context.run, {{name, 0, valueOrNan(score.ppl)}}});
    }

    /// Perplexities are compared within one protocol, text and length alone.
    [[nodiscard]] bool isComparable(const Score& score) const {
        const EvalText& text = m_work.scorer->text();
        const EvalSettings& settings = m_work.scorer->settings();
        return score.protocol == enumName(settings.protocol) &&
               score.textSha256 == text.textSha256 &&
               score.tokens == static_cast<std::int64_t>(text.ids.size()) &&
               score.context == settings.context && score.stride == settings.stride;
    }

    [[nodiscard]] bool distils() const {
        return m_work.spec.distill.steps > 0 || !m_work.spec.schedule.rounds.empty();
    }

    Status prepareCorpus() {
        if (m_work.isStopped() || (!distils() && m_work.spec.prune.method == PruneMethod::None))
            return {};
        SKD_TRY(const std::filesystem::path resources, resourceFolder());
        CorpusOptions options{.heldOutTokens = m_work.spec.eval.domainTokens};
        options.cancelled = [this] { return m_work.context.cancelled(); };
        SKD_TRY(m_work.corpus, buildCorpus(m_work.spec.corpus, m_work.context.seed,
                                           *m_work.model.tokenizer, resources, options));
        if (m_work.corpus->samples() == 0) return m_work.stop();
        m_work.summary.corpusSha256 = m_work.corpus->sha256();
        return {};
    }

    Status scoreDenseDomains() {
        if (!m_work.corpus || m_work.isStopped()) return {};
        SKD_TRY(m_work.domains, heldOutDomains(m_work));
        SKD_TRY(m_denseDomains, scoreDomains(m_work, m_work.model.decoder, "dense.domains", 0));
        return {};
    }

    Status openTeacher() {
        if (m_work.isStopped() || !distils()) return {};
        SKD_TRY(m_teacher, TeacherSource::open(m_work));
        return m_teacher.prepare(m_work);
    }

    Status prepareStudent() {
        if (m_work.stopped) return {};
        m_work.student = {m_work.model.decoder.clone(), m_work.model.summary.weightsSha256};
        m_work.model.decoder = Decoder();
        if (m_work.spec.teacher.student == StudentStart::Fresh) {
            initialiseRandomly(m_work.student.decoder, m_work.context.seed);
            m_work.student.sha256 =
                sha256Hex(strCat("fresh ", m_work.student.sha256, " ", m_work.context.seed));
        }
        return {};
    }

    Status runRounds() {
        const std::vector<RoundSpec> rounds = roundsOf(m_work.spec);
        for (std::size_t i = 0; i < rounds.size() && !m_work.isStopped(); ++i) {
            if (i > 0 && m_work.spec.schedule.recache) {
                m_teacher.replace({m_work.student.decoder.clone(), m_work.student.sha256}, i);
                SKD_CHECK(m_teacher.prepare(m_work));
                if (m_work.stopped) return {};
            }
            SKD_TRY(std::optional<RoundSummary> report,
                    runRound(m_work, i + 1, rounds[i], m_teacher));
            if (!report) return {};
            m_rounds.push_back(std::move(*report));
            if (!m_rounds.back().rolledBack) continue;
            m_work.reason =
                strCat("round ", i + 1, " was rolled back: its cut moved the output by ",
                       dumpJson(memberJson(m_rounds.back().gateKl)),
                       " nats per token, the limit is ", m_work.spec.schedule.gateKl);
            break;
        }
        return {};
    }

    Result<PipelineResult> conclude() {
        if (m_work.stopped) return PipelineResult{Outcome::Cancelled, kStopped, summary()};
        SKD_CHECK(keepModels());
        const RunSummary result = summary();
        SKD_CHECK(
            m_work.conclude(kSummary, {{"reason", m_work.reason}, {"summary", toJson(result)}}));
        tidy();
        return PipelineResult{Outcome::Completed, m_work.reason, result};
    }

    void tidy() const {
        m_work.files.tidy(m_work.spec.keep == Keep::Checkpoints, m_work.spec.keep != Keep::Nothing);
    }

    /// An earlier attempt finished everything but did not report it.
    Result<PipelineResult> finished(const Json& state) {
        tidy();
        return PipelineResult{Outcome::Completed, state.value("reason", m_work.reason),
                              readRunSummary(state.value("summary", Json::object()))};
    }

    Status keepModels() {
        if (m_work.spec.keep == Keep::Nothing) return {};
        return writeDecoder(m_work.files.final(), m_work.student.decoder,
                            m_work.about(m_rounds.size()));
    }

    [[nodiscard]] RunSummary summary() const {
        RunSummary s = m_work.summary;
        s.name = displayName(m_work.spec);
        s.protocol = describe(m_work.scorer->settings());
        s.threads = m_work.threads;
        s.arithmetic = m_work.arithmetic;
        s.rounds = m_rounds;
        addLastRound(s);
        addDomains(s);
        addLineage(s.lineage);
        return s;
    }

    /// The figures of the run list: of the last round that was not rolled back.
    void addLastRound(RunSummary& s) const {
        if (m_work.spec.prune.method == PruneMethod::None)
            s.mlpRemoved = s.parametersRemoved = s.targetRemoved = s.bytesRemoved = 0.0;
        double seconds = 0;
        for (const RoundSummary& round : m_rounds) {
            s.mlpRemoved = round.mlpRemoved;
            s.parametersRemoved = round.parametersRemoved;
            s.targetRemoved = round.targetRemoved;
            s.bytesRemoved = round.bytesRemoved;
            s.parameters = round.parameters;
            s.bestStep = round.bestStep;
            if (round.preKdPpl) s.postPrunePpl = round.preKdPpl;
            if (!round.seconds) continue;
            s.postKdPpl = round.postKdPpl;
            s.postKdStandardError = round.postKdStandardError;
            s.kdSteps = round.firstStep + round.steps;
            s.kdSeconds = seconds += *round.seconds;
        }
    }

    /// Held-out domains before pruning, and around the last cut that was not rolled back.
    void addDomains(RunSummary& s) const {
        const auto take = [](const DomainScores& scores, const std::string& name,
                             std::optional<double>& out) {
            if (scores.empty()) return;
            const auto found = std::find_if(scores.begin(), scores.end(),
                                            [&](const auto& one) { return one.first == name; });
            out = found == scores.end() ? std::nullopt : found->second;
        };
        for (const auto& [name, ppl] : m_denseDomains) {
            DomainSummary domain{name, ppl, {}, {}};
            for (const RoundSummary& round : m_rounds) {
                take(round.preKdDomains, name, domain.postPrunePpl);
                take(round.postKdDomains, name, domain.postKdPpl);
            }
            s.domains.push_back(std::move(domain));
        }
    }

    void addLineage(LineageSummary& lineage) const {
        lineage.model = m_work.spec.model.path;
        lineage.teacher = m_teacher.record();
        lineage.student = enumName(m_work.spec.teacher.student);
        lineage.control = enumName(m_work.spec.control);
        const Json& about = m_work.model.about;
        readMember(valueAt(about, "run"), lineage.parentRun);
        readMember(valueAt(about, "step"), lineage.parentStep);
        if (about.is_object()) lineage.chain = about.value("chain", Json::array());
    }

    RunWork m_work;
    TeacherSource m_teacher;
    DomainScores m_denseDomains;
    std::vector<RoundSummary> m_rounds;
};

}  // namespace

Result<PipelineResult> runPipeline(const RunSpec& spec, const RunPaths& paths,
                                   const RunContext& context,
                                   const std::function<Status(const Json&)>& onModel) {
    SKD_CHECK(validate(spec));
    return Pipeline(spec, paths, context).execute(onModel);
}

}  // namespace skd
