#include "run/pipeline.h"

#include <algorithm>

#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "corpus/run_corpus.h"
#include "model/random_init.h"
#include "requests/tools.h"
#include "run/answers.h"
#include "run/assessment.h"
#include "run/budget.h"
#include "run/consistency.h"
#include "run/cut.h"
#include "run/elastic_student.h"
#include "run/published_tasks.h"
#include "run/round.h"
#include "run/stage_scope.h"
#include "run/team/joint_stages.h"
#include "run/world.h"
#include "spec/study_spec.h"

namespace skd {
namespace {

/// Reason of a run that the user has stopped: an outcome, not an error.
constexpr const char* kStopped = "stopped";
constexpr const char* kSummary = "summary";

class Pipeline : RunWork {
public:
    using RunWork::RunWork;

    Result<PipelineResult> execute(const std::function<Status(const Json&)>& onModel) {
        SKD_CHECK(load(onModel));
        if (const auto known = state.find(kSummary)) return finished(*known);
        SKD_CHECK(measureBudget(*this));
        SKD_CHECK(scoreDense());
        SKD_CHECK(recordFirstAnswers(*this));
        SKD_CHECK(scoreFirstTasks(*this));
        SKD_CHECK(prepareCorpus());
        SKD_CHECK(scoreDenseDomains());
        SKD_CHECK(openTeacher());
        SKD_CHECK(prepareStudent());
        SKD_CHECK(runRounds());
        if (!stopped) SKD_CHECK(assess());
        return conclude();
    }

private:
    Status load(const std::function<Status(const Json&)>& onModel) {
        StageScope stage(context, Stage::Load, strCat("load ", spec.model.path));
        threads = setThreads(spec.model.threads);
        SKD_TRY(model, openStart());
        SKD_TRY(scorer, Scorer::create(spec.eval, model, scores));
        if (team != nullptr)
            scorer->shareWith([this](const Decoder& scored, bool live) {
                return scoreTogether(*this, scored, live);
            });
        SKD_TRY(extraScorers, skd::extraScorers(*this));
        readQuestions(*this);
        SKD_CHECK(readConsistencyPrompts(*this));
        SKD_CHECK(readTasks(*this));
        dense = DenseReference::fromJson(valueAt(model.about, "dense"), spec.prune)
                    .value_or(denseReference(model.decoder, spec.prune));
        Json environment = environmentRecord();
        environment["dtype"] = model.decoder.dtypeName();
        environment["arithmetic"] = arithmetic = model.decoder.arithmeticName();
        environment["model_sha256"] = model.summary.weightsSha256;
        environment["config_sha256"] = model.identity.config;
        environment["tokenizer_sha256"] = model.summary.tokenizerSha256;
        recordTexts(environment);
        SKD_CHECK(keepWorld());
        SKD_CHECK(onModel(environment));
        if (distils()) SKD_CHECK(TeacherSource::check(*this));
        stage.finish({{"parameters", model.summary.totalParameters}});
        return {};
    }

    /// A run is resumed with what it began with, or not at all.
    Status keepWorld() {
        if (isOfOlderVersion(state)) model.identity.config.clear();
        WorldParts parts = partsOf(kOwnModel, model.identity);
        parts.emplace_back("the model's special tokens", specialTokensSha256(*model.tokenizer));
        parts.emplace_back("the model's chat template", chatSha256());
        parts.emplace_back("the model's end tokens", sha256Hex(joined(questions.stop)));
        parts.emplace_back("the evaluation text", summary.evaluation->sha256);
        parts.emplace_back("the selection text", summary.selection->sha256);
        if (!consistencyPrompts.empty())
            parts.emplace_back("the prompts", sha256Hex(joined(consistencyPrompts, "\n")));
        if (!tasks.empty()) parts.emplace_back("the tasks", tasksSha256(*this));
        return keepParts(state, parts);
    }

    /// Of eval.prompts as the model reads them.
    [[nodiscard]] std::string chatSha256() const {
        return sha256Hex(joined(questions.prompts, " / ",
                                [](const PromptTokens& prompt) { return joined(prompt.ids); }));
    }

    /// What the run is measured on, and what it chooses by.
    void recordTexts(Json& environment) {
        const EvalSpec& eval = spec.eval;
        summary.evaluation = textSummary(eval.text, scorer->text());
        summary.selection =
            textSummary(eval.selection.empty() ? eval.text : eval.selection, scorer->liveText());
        environment["text"] = summary.evaluation->text;
        environment["text_sha256"] = summary.evaluation->sha256;
        environment["selection"] = summary.selection->text;
        environment["selection_sha256"] = summary.selection->sha256;
    }

    static TextSummary textSummary(const std::string& name, const EvalText& text) {
        return {name, text.textSha256, static_cast<std::int64_t>(text.ids.size()),
                std::ranges::count(text.unscored, true)};
    }

    /// The dense perplexity, and where the run continues with a pruned model, that model's as well.
    Status scoreDense() {
        const std::string sha = model.identity.key();
        const auto origin = readRecord<Score>(valueAt(model.about, "dense_score"));
        if (isComparable(origin)) {
            denseScore = origin;
            emitMetric("ppl.dense", origin);
            SKD_TRY(
                const Score start,
                measure(model.decoder, {"start", "ppl.start",
                                        "perplexity of the model it starts from", 0, false, sha}));
            if (!stopped) summary.startPpl = valueOrNan(start.ppl);
        } else {
            SKD_TRY(denseScore, measure(model.decoder,
                                        {"dense", "ppl.dense", "dense perplexity", 0, false, sha}));
        }
        summary.densePpl = denseScore.ppl;
        summary.denseStandardError = denseScore.standardError;
        summary.denseBlocks = denseScore.blocks;
        return stopped ? Status() : scoreDenseLive(sha);
    }

    Status scoreDenseLive(const std::string& sha) {
        if (scorer->choosesByAll()) {
            emitMetric("ppl.dense_live", denseScore);
            return {};
        }
        SKD_TRY(
            const Score measured,
            measure(model.decoder,
                    {"dense_live", "ppl.dense_live",
                     strCat("dense perplexity on the ", selectionName(spec.eval)), 0, true, sha}));
        return {};
    }

    void emitMetric(const char* name, const Score& score) const {
        context.emit(MetricBatch{context.run, {{name, 0, valueOrNan(score.ppl)}}});
    }

    /// Perplexities are compared within one protocol, text and length alone.
    [[nodiscard]] bool isComparable(const Score& score) const {
        const EvalText& text = scorer->text();
        const EvalSettings& settings = scorer->settings();
        return score.protocol == enumName(settings.protocol) &&
               score.textSha256 == text.textSha256 &&
               score.tokens == static_cast<std::int64_t>(text.ids.size()) &&
               score.context == settings.context && score.stride == settings.stride;
    }

    [[nodiscard]] bool distils() const {
        return spec.distill.steps > 0 || !spec.schedule.rounds.empty();
    }

    Status prepareCorpus() {
        if (isStopped() || (!distils() && spec.prune.method == PruneMethod::None)) return {};
        SKD_TRY(const std::filesystem::path resources, resourceFolder());
        CorpusOptions options{.heldOutTokens = spec.eval.domainTokens};
        options.cancelled = [this] { return context.cancelled(); };
        SKD_TRY(corpus, buildRunCorpus(spec, context.seed, *model.tokenizer, resources, options));
        if (corpus->samples() == 0) return stop();
        SKD_CHECK(keepParts(state, {{"the corpus", corpus->sha256()}}));
        limitCorpus(*this);
        summary.corpusSha256 = corpus->sha256();
        summary.corpus = CorpusSummary{corpus->samples(), corpus->sequenceLength(),
                                       corpus->tokens(), corpus->distinct()};
        for (const CorpusShareStatistics& share : corpus->shares) {
            if (share.refused > 0)
                context.log(log::Level::Warning,
                            strCat(share.name, ": ", share.refused,
                                   " rows or files could not be read and were left out: ",
                                   joined(share.refusedNames)));
            if (share.guarded > 0)
                context.log(log::Level::Warning,
                            strCat(share.name, ": ", share.guarded,
                                   " documents repeat text that models are measured on and were "
                                   "left out"));
        }
        if (const std::string repeats = repeatsText(*corpus); !repeats.empty())
            context.log(
                log::Level::Warning,
                strCat("the corpus repeats its samples: ",
                       samplesText(corpus->samples(), corpus->sequenceLength(), corpus->distinct()),
                       "; ", repeats));
        return {};
    }

    Status scoreDenseDomains() {
        if (!corpus || isStopped()) return {};
        SKD_TRY(domains, heldOutDomains(*this));
        SKD_TRY(m_denseDomains, scoreDomains(*this, model.decoder, "dense.domains", 0));
        return {};
    }

    Status openTeacher() {
        if (isStopped() || !distils()) return {};
        SKD_TRY(m_teacher, TeacherSource::open(*this));
        const bool waits = isBudgetOpen(*this) && teacherNeed(spec.distill) == TeacherNeed::Cache;
        return waits ? Status() : m_teacher.prepare(*this);
    }

    Status prepareStudent() {
        if (stopped) return {};
        if (corpus && spec.prune.method != PruneMethod::None) keepOriginalOutput(*this);
        student = {model.decoder.clone(), model.summary.weightsSha256};
        model.decoder = Decoder();
        if (continuesFactors(spec)) SKD_CHECK(takeSizesOf(*this, model.elastic));
        if (spec.teacher.student == StudentStart::Fresh) {
            initialiseRandomly(student.decoder, context.seed);
            student.sha256 = sha256Hex(strCat("fresh ", student.sha256, " ", context.seed));
        }
        return {};
    }

    Status runRounds() {
        SKD_CHECK(beginBudgetedRounds(*this));
        const std::vector<RoundSpec> rounds = roundsOf(spec);
        for (std::size_t i = 0; i < rounds.size() && !isStopped(); ++i) {
            if (i > 0 && spec.schedule.recache) {
                m_teacher.replace({student.decoder.clone(), student.sha256}, keyOf(student.sha256),
                                  i);
                SKD_CHECK(m_teacher.prepare(*this));
                if (stopped) return {};
            }
            SKD_TRY(std::optional<RoundSummary> report,
                    runRound(*this, i + 1, rounds[i], m_teacher));
            if (!report) return {};
            m_rounds.push_back(std::move(*report));
            if (!m_rounds.back().rolledBack) continue;
            reason = strCat("round ", i + 1, " was rolled back: ", m_rounds.back().reason);
            break;
        }
        return {};
    }

    /// An elastic student as the slice that stands for it.
    Status assess() {
        SKD_TRY(Decoder slice, selectionSlice(*this));
        std::swap(student.decoder, slice);
        const Status assessed = assessFinal(*this);
        std::swap(student.decoder, slice);
        return assessed;
    }

    Result<PipelineResult> conclude() {
        if (stopped) return PipelineResult{Outcome::Cancelled, kStopped, finalSummary()};
        SKD_CHECK(keepModels());
        const RunSummary result = finalSummary();
        SKD_CHECK(RunWork::conclude(kSummary, {{"reason", reason}, {"summary", toJson(result)}}));
        tidy();
        return PipelineResult{Outcome::Completed, reason, result};
    }

    void tidy() const { files.tidy(spec.keep == Keep::Checkpoints, spec.keep != Keep::Nothing); }

    /// An earlier attempt finished everything but did not report it.
    Result<PipelineResult> finished(const Json& known) {
        tidy();
        return PipelineResult{Outcome::Completed, valueOr(known, "reason", reason),
                              readRunSummary(valueOr(known, "summary", Json::object()))};
    }

    Status keepModels() {
        if (spec.keep == Keep::Nothing) return {};
        return writeStudent(*this, files.final(), about(m_rounds.size(), bestStep), sizes());
    }

    /// Of an elastic student: what its last round has measured.
    [[nodiscard]] std::optional<ElasticSummary> sizes() const {
        return m_rounds.empty() ? std::nullopt : m_rounds.back().elastic;
    }

    [[nodiscard]] RunSummary finalSummary() const {
        RunSummary s = summary;
        s.name = displayName(spec);
        s.protocol = describe(scorer->settings());
        s.threads = threads;
        s.arithmetic = arithmetic;
        s.rounds = m_rounds;
        for (RoundSummary& round : s.rounds) {  // said once, for the run
            round.elastic.reset();
            if (round.document.is_object()) round.document.erase("elastic");
        }
        s.elastic = sizes();
        s.answers = recordedAnswers(state, spec);
        s.tasks = recordedTasks(*this, roundsOf(spec).size());
        addLastRound(s);
        addDomains(s);
        addLineage(s.lineage);
        s.budget = spentBudget(*this);
        return s;
    }

    /// The figures of the run list: of the last round that was not rolled back.
    void addLastRound(RunSummary& s) const {
        if (spec.prune.method == PruneMethod::None)
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
            if (round.postRefinePpl) s.postRefinePpl = round.postRefinePpl;
            if (!round.seconds) continue;
            s.postKdPpl = round.postKdPpl;
            s.postKdStandardError = round.postKdStandardError;
            s.kdSteps = round.firstStep + round.steps;
            s.kdSeconds = seconds += *round.seconds;
        }
    }

    /// Held-out domains before pruning, and around the last cut that was not rolled back.
    void addDomains(RunSummary& s) const {
        const auto take = [](const DomainScores& measured, const std::string& name,
                             DomainScore& out) {
            if (measured.empty()) return;
            const auto found = std::find_if(measured.begin(), measured.end(),
                                            [&](const auto& one) { return one.first == name; });
            out = found == measured.end() ? DomainScore() : found->second;
        };
        for (const auto& [name, before] : m_denseDomains) {
            DomainScore preKd, postKd;
            for (const RoundSummary& round : m_rounds) {
                take(round.preKdDomains, name, preKd);
                take(round.postKdDomains, name, postKd);
            }
            s.domains.push_back({name,
                                 before.ppl,
                                 preKd.ppl,
                                 postKd.ppl,
                                 before.blocks,
                                 std::move(postKd.blocks),
                                 {}});
        }
    }

    void addLineage(LineageSummary& lineage) const {
        lineage.model = spec.model.path;
        lineage.teacher = m_teacher.record();
        lineage.student = enumName(spec.teacher.student);
        lineage.control = enumName(spec.control);
        const Json& about = model.about;
        readMember(valueAt(about, "run"), lineage.parentRun);
        readMember(valueAt(about, "step"), lineage.parentStep);
        if (about.is_object()) lineage.chain = valueOr(about, "chain", Json::array());
    }

    TeacherSource m_teacher;
    DomainScores m_denseDomains;
    std::vector<RoundSummary> m_rounds;
};

}  // namespace

Result<PipelineResult> runPipeline(const RunSpec& spec, const RunPaths& paths,
                                   const RunContext& context,
                                   const std::function<Status(const Json&)>& onModel, Team* team) {
    SKD_CHECK(validate(spec));
    if (team != nullptr && spec.elastic.isOn())
        return fail(ErrorCode::Unsupported, strCat("an elastic run is of one process, not of ",
                                                   team->size(), "; start it without torchrun"));
    return Pipeline(spec, paths, context, team).execute(onModel);
}

}  // namespace skd
