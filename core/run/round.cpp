#include "run/round.h"

#include <cmath>

#include "base/hash.h"
#include "base/text.h"
#include "distill/trainer.h"
#include "run/assessment.h"
#include "run/cut.h"
#include "run/stage_scope.h"

namespace skd {
namespace {

Json entry(const Json& report, const char* key) {
    return report.is_object() && report.contains(key) ? report[key] : Json();
}
Json finiteOrNull(double value) {
    return std::isfinite(value) ? Json(value) : Json();
}

/// What a round has done so far.
struct RoundReport {
    std::size_t round = 1;
    double target = 0;  ///< asked for
    PruneReport prune;  ///< against the dense model
    double gateKl = 0;  ///< nats per token to the model before the cut; NaN where the gate is off
    bool rolledBack = false;       ///< the cut was refused; the model is the one before it
    Json preKd, postKd;            ///< perplexity reports, null where not measured
    Json preDomains, postDomains;  ///< perplexity by held-out domain, null where not measured
    Json distill;                  ///< null where nothing was distilled
    std::int64_t firstStep = 0, steps = 0, bestStep = 0;  ///< counted over the whole run
    std::string reason;                                   ///< why distillation ended

    [[nodiscard]] Json toJson() const;
};

Json RoundReport::toJson() const {
    return {{"round", round},
            {"target", target},
            {"target_removed", prune.targetRemoved},
            {"mlp_removed", prune.mlpRemoved},
            {"parameters_removed", prune.parametersRemoved},
            {"bytes_removed", prune.bytesRemoved},
            {"parameters", prune.parameters},
            {"details", prune.details},
            {"gate_kl", finiteOrNull(gateKl)},
            {"rolled_back", rolledBack},
            {"pre_kd_ppl", entry(preKd, "ppl")},
            {"pre_kd_standard_error", entry(preKd, "standard_error")},
            {"post_kd_ppl", entry(postKd, "ppl")},
            {"post_kd_standard_error", entry(postKd, "standard_error")},
            {"pre_kd_domains", preDomains},
            {"post_kd_domains", postDomains},
            {"first_step", firstStep},
            {"steps", steps},
            {"best_step", bestStep},
            {"seconds", entry(distill, "seconds")},
            {"reason", reason}};
}

class Round {
public:
    Round(RunWork& work, std::size_t round, const RoundSpec& spec, TeacherSource& teacher)
        : m_work(work), m_spec(spec), m_teacher(teacher) {
        m_report.round = round;
        m_report.target = spec.target;
        m_report.firstStep = m_report.bestStep = work.step;
    }

    Result<std::optional<Json>> run() {
        if (const auto done = m_work.state.find(key("done"))) {
            SKD_TRY(const bool found, takeDone(*done));
            if (found) {
                m_work.files.dropTrainingStates(
                    m_report.round);  // an attempt that was killed here left some
                return std::optional<Json>(*done);
            }
        }
        SKD_CHECK(cut());
        if (!m_work.stopped && !m_report.rolledBack)
            SKD_CHECK(score("pre_kd", "ppl.post_prune", "perplexity after pruning",
                            m_report.firstStep, m_report.preKd, m_report.preDomains));
        if (wantsDistillation()) {
            SKD_CHECK(recover());
            if (!m_work.stopped)
                SKD_CHECK(score("post_kd", "ppl.post_kd", "perplexity after distillation",
                                m_report.bestStep, m_report.postKd, m_report.postDomains));
        }
        if (m_work.stopped) return std::optional<Json>();
        const Json report = m_report.toJson();
        SKD_CHECK(m_work.conclude(key("done"), report));
        m_work.files.dropTrainingStates(m_report.round);
        return std::optional<Json>(report);
    }

private:
    [[nodiscard]] bool wantsDistillation() const {
        return !m_work.stopped && !m_report.rolledBack && m_spec.steps > 0;
    }
    [[nodiscard]] std::string key(const char* what) const {
        return strCat("round", m_report.round, ".", what);
    }
    [[nodiscard]] bool isDense() const { return m_work.spec.prune.method == PruneMethod::None; }

    /// The model an earlier attempt ended this round with.
    Result<bool> takeDone(const Json& done) {
        if (done.value("rolled_back", false)) return true;
        std::error_code ignored;
        const std::filesystem::path recovered = m_work.files.recovered(m_report.round);
        const bool distilled = std::filesystem::exists(recovered, ignored);
        auto kept =
            readDecoder(distilled ? recovered : m_work.files.pruned(m_report.round), options());
        if (!kept && !(isDense() && !distilled)) {
            m_work.context.log(
                log::Level::Warning,
                strCat("the model of round ", m_report.round,
                       " is gone or damaged, so the round is done again: ", kept.error().message));
            return false;
        }
        if (kept) m_work.student = {std::move(kept->model.decoder), kept->model.weightsSha256};
        m_work.step =
            done.value("first_step", std::int64_t{0}) + done.value("steps", std::int64_t{0});
        m_work.reason = done.value("reason", m_work.reason);
        return true;
    }
    [[nodiscard]] LoadOptions options() const {
        return {m_work.student.decoder.dtype(), m_work.student.decoder.device(),
                m_work.student.decoder.computeDtype};
    }

    Status score(const char* what, const char* metric, const char* label, std::int64_t step,
                 Json& report, Json& domains) {
        // A model that no stage has changed has its figure already.
        const bool untouched = m_work.student.sha256 == m_work.model.summary.weightsSha256;
        SKD_CHECK(m_work.measure(m_work.student.decoder,
                                 {key(what), metric, label, step, false,
                                  untouched ? m_work.student.sha256 : std::string()}));
        if (m_work.stopped) return {};
        report = m_work.figures[key(what)];
        SKD_TRY(domains,
                scoreDomains(m_work, m_work.student.decoder, strCat(key(what), ".domains"), step));
        return {};
    }

    /// The cut, or what an earlier attempt of this run has kept of it.
    Status cut() {
        m_report.gateKl = std::nan("");
        if (isDense()) {
            m_report.prune = reportOf(m_work.student.decoder, m_work.dense);
            return keepPruned();
        }
        if (const auto known = m_work.state.find(key("cut"))) {
            SKD_TRY(const bool found, takeKept(*known));
            if (found) return {};
        }
        SKD_TRY(std::optional<CutTrial> trial,
                cutThroughGate(m_work, m_report.round, m_spec.target));
        if (!trial) return m_work.stop();
        m_report.rolledBack = !trial->accepted;
        m_report.gateKl = trial->kl;
        if (trial->accepted) m_work.student.decoder = std::move(trial->decoder);
        m_report.prune = reportOf(m_work.student.decoder, m_work.dense);
        m_report.prune.details = trial->report.details;
        if (trial->accepted) SKD_CHECK(keepPruned());
        return m_work.conclude(key("cut"), {{"gate_kl", finiteOrNull(trial->kl)},
                                            {"rolled_back", m_report.rolledBack},
                                            {"details", m_report.prune.details}});
    }

    Status keepPruned() {
        const bool needed = !isDense() || m_work.spec.keep == Keep::Checkpoints;
        if (!needed) return {};
        const std::filesystem::path path = m_work.files.pruned(m_report.round);
        std::error_code ignored;
        if (isDense() && std::filesystem::exists(path, ignored)) return {};
        return write(path);
    }

    Result<bool> takeKept(const Json& known) {
        m_report.rolledBack = known.value("rolled_back", false);
        m_report.gateKl = known.value("gate_kl", Json()).is_number()
                              ? known["gate_kl"].get<double>()
                              : std::nan("");
        if (!m_report.rolledBack) {
            auto kept = readDecoder(m_work.files.pruned(m_report.round), options());
            if (!kept) {
                m_work.context.log(
                    log::Level::Warning,
                    strCat("the pruned model of round ", m_report.round,
                           " is gone or damaged and is made anew: ", kept.error().message));
                return false;
            }
            m_work.student = {std::move(kept->model.decoder), kept->model.weightsSha256};
        }
        m_report.prune = reportOf(m_work.student.decoder, m_work.dense);
        m_report.prune.details = known.value("details", Json::object());
        m_work.context.emit(RanksChosen{m_work.context.run, m_report.prune.ranks});
        return true;
    }

    Status recover() {
        StageScope stage(m_work.context, Stage::Distill, "distillation");
        DistillSpec spec = m_work.spec.distill;
        spec.steps = m_spec.steps;
        spec.warmup = std::min(spec.warmup, spec.steps);
        const auto evaluate = [this](const Decoder& student, std::int64_t) {
            return m_work.scorer->live(student, m_work.context);
        };
        const DistillEnvironment environment{m_work.files.checkpoints(m_report.round), evaluate,
                                             sha256Hex(dumpJson(toJson(m_work.spec))),
                                             m_report.firstStep};
        SKD_TRY(const DistillReport report,
                distill(m_work.student.decoder, *m_work.corpus, m_teacher.signal(spec), spec,
                        environment, m_work.context));
        if (report.cancelled) return m_work.stop();
        m_report.steps = report.steps;
        m_report.bestStep = m_report.firstStep + std::max<std::int64_t>(report.bestStep, 0);
        m_report.distill = report.toJson();
        const double earlier =
            m_work.state.find(key("kd")).value_or(Json::object()).value("seconds", 0.0);
        m_report.distill["seconds"] = std::max(earlier, stage.seconds());
        m_work.step = m_report.firstStep + report.steps;
        m_work.reason = m_report.reason = report.stopReason;
        SKD_CHECK(m_work.state.put(key("kd"), m_report.distill));
        stage.finish(m_report.distill);
        return write(m_work.files.recovered(m_report.round));
    }

    /// Writes the student; the hash of its weights stands for it from here on.
    Status write(const std::filesystem::path& path) {
        SKD_CHECK(writeDecoder(path, m_work.student.decoder, m_work.about(m_report.round)));
        m_work.student.sha256 = weightsSha256(m_work.student.decoder);
        return {};
    }

    RunWork& m_work;
    const RoundSpec& m_spec;
    TeacherSource& m_teacher;
    RoundReport m_report;
};

}  // namespace

Result<std::optional<Json>> runRound(RunWork& work, std::size_t round, const RoundSpec& spec,
                                     TeacherSource& teacher) {
    return Round(work, round, spec, teacher).run();
}

}  // namespace skd
