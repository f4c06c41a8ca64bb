#pragma once

#include "base/json.h"
#include "spec/consistency_spec.h"
#include "spec/corpus_spec.h"
#include "spec/distill_spec.h"
#include "spec/elastic_spec.h"
#include "spec/eval_spec.h"
#include "spec/inference_spec.h"
#include "spec/model_ref.h"
#include "spec/prune_spec.h"
#include "spec/refine_spec.h"
#include "spec/task_spec.h"

namespace skd {

enum class StudentStart { Model, Fresh };
template <>
inline constexpr auto kNames<StudentStart> = names<StudentStart>({"model", "fresh"});

/// Whose probabilities are distilled, and from which weights the student starts.
struct TeacherSpec {
    std::string path;
    StudentStart student = StudentStart::Model;

    bool operator==(const TeacherSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("path", self.path,
                      {"empty: the run's own model before pruning; run:N: what run N ended with; "
                       "run:N@STEP: its checkpoint; run:N@SIZE%: a slice of an elastic run; or "
                       "another model with the same tokeniser"});
        visitor.field("student", self.student,
                      {"weights the student starts with: the model's, or fresh random "
                       "ones of the same shape (Born-Again)"});
    }
};

enum class GateAction { RollBack, RaiseRanks };
template <>
inline constexpr auto kNames<GateAction> = names<GateAction>({"roll-back", "raise-ranks"});

/// One round of prune and distil; its target is a share of the original dense parameters.
struct RoundSpec {
    double target = 0.15;
    std::int64_t steps = 0;
    double share = 0;

    bool operator==(const RoundSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field(
            "target", self.target,
            {"fraction removed at the end of this round, of the dense model", "fraction", 0, 0.99});
        visitor.field("steps", self.steps,
                      {"optimiser steps of this round; 0 means distill.steps", "steps", 0, 1e9});
        visitor.field("share", self.share,
                      {"instead of steps: this round's share of distill.steps, or of what "
                       "distill.budget comes to; shares of all rounds add up to 1; 0 gives none",
                       "fraction", 0, 1, true});
    }
};

/// In which rounds a model is cut, and what keeps a round from going wrong.
struct ScheduleSpec {
    std::vector<RoundSpec> rounds;
    bool recache = false;
    bool decayLast = false;
    bool gate = true;
    double gateKl = 6.0;
    GateAction gateAction = GateAction::RollBack;
    KlReference gateReference = KlReference::Before;
    std::int64_t gateTokens = 512;

    bool operator==(const ScheduleSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.list("rounds", self.rounds,
                     "rounds in their order; empty is one round at prune.target");
        visitor.field("recache", self.recache,
                      {"each round's teacher is the model the round before ended with, "
                       "instead of the first teacher"});
        visitor.field("decay_last", self.decayLast,
                      {.help = "the learning rate decays in the last round alone; in those before "
                               "it stays at its peak after the warm-up",
                       .isLater = true});
        visitor.field(
            "gate", self.gate,
            {"measure each cut's KL to the model before it and refuse cuts above gate_kl"});
        visitor.field("gate_kl", self.gateKl,
                      {"largest KL of the pruned output to the output before pruning",
                       "nats per token", 0, 1e6});
        visitor.field("gate_action", self.gateAction,
                      {"what a refused cut does: the round is rolled back and the run ends with "
                       "what it had, or its target is lowered until the cut passes"});
        visitor.field("gate_reference", self.gateReference,
                      {.help = "whose output gate_kl limits the distance to: the model before the "
                               "cut, or the original that the run began with",
                       .isLater = true});
        visitor.field("gate_tokens", self.gateTokens,
                      {.help = "tokens of the corpus that the gate measures on, whose whole "
                               "distributions are held",
                       .unit = "tokens",
                       .minimum = 1,
                       .maximum = 1e6,
                       .isLater = true});
    }
};

/// Comparisons that tell what an improvement comes from; each changes the spec it is set on.
enum class Control { None, DenseKd, DenseCe, DenseKl, NoWikiText, RandomRank };
template <>
inline constexpr auto kNames<Control> = names<Control>({"none", "dense-kd", "dense-ce", "dense-kl",
                                                        "no-wikitext", "random-rank"});

enum class Keep { Checkpoints, Model, Nothing };
template <>
inline constexpr auto kNames<Keep> = names<Keep>({"checkpoints", "model", "nothing"});

/// Everything that decides what a run computes.
struct RunSpec {
    std::string name;
    std::int64_t seed = 42;
    Control control = Control::None;
    Keep keep = Keep::Checkpoints;
    ModelRef model;
    TeacherSpec teacher;
    CorpusSpec corpus;
    PruneSpec prune;
    ScheduleSpec schedule;
    RefineSpec refine;
    ElasticSpec elastic;
    DistillSpec distill;
    EvalSpec eval;
    InferenceSpec inference;
    ConsistencySpec consistency;
    TaskSpec tasks;

    bool operator==(const RunSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("name", self.name,
                      {"how the run is called; empty makes one from method, target and seed"});
        visitor.field("seed", self.seed, {"fixes every random choice", "", 0, 9.0e15});
        visitor.field("control", self.control,
                      {"dense-kd: no pruning; dense-ce: no pruning, cross-entropy alone; dense-kl: "
                       "no pruning, KL alone; no-wikitext: no WikiText in the corpus; random-rank: "
                       "ranks drawn at random within the same budget"});
        visitor.field("keep", self.keep,
                      {"files left when the run is complete: checkpoints and the model, "
                       "the model alone, or nothing"});
        visitor.group("model", self.model, "the model a run starts from");
        visitor.group("teacher", self.teacher, "whose probabilities are distilled");
        visitor.group("corpus", self.corpus, "text for calibration and distillation");
        visitor.group("prune", self.prune, "how MLP matrices are cut");
        visitor.group("schedule", self.schedule, "rounds of pruning and distillation");
        visitor.group("refine", self.refine, "how a cut model's blocks are refined one by one");
        visitor.group("elastic", self.elastic, "the sizes of an elastic student");
        visitor.group("distill", self.distill, "how the pruned model is repaired");
        visitor.group("eval", self.eval, "how perplexity is measured");
        visitor.group("inference", self.inference, "what is timed once the model is final");
        visitor.group("consistency", self.consistency,
                      "how often the same prompts are asked once the model is final");
        visitor.group("tasks", self.tasks,
                      "published tasks that the dense, the cut and the recovered model are asked");
    }
};

/// Reads a spec; every field has a default, unknown fields are errors that name the nearest field,
/// values outside their range are errors that name the range.
Result<RunSpec> parseRunSpec(const Json& json);
Result<RunSpec> readRunSpec(const std::string& path);
Json toJson(const RunSpec& spec);
/// A spec as a run's record has it, whole, with what the version that wrote it did where it had no
/// field for it (FieldInfo::before). Groups that the record does not have stay absent.
Json completedRunSpec(Json stored);
/// Applies "prune.target=0.35"; the value is JSON, or a plain word for text and choices.
Status applyOverride(Json& specJson, const std::string& assignment);
/// The spec with its control applied: what the stages are given. `control` stays as a label.
RunSpec withControl(RunSpec spec);
/// The rounds of a run: the schedule's, or one at prune.target; each with its number of steps,
/// which those that have shares of distill.steps divide without a remainder.
std::vector<RoundSpec> roundsOf(const RunSpec& spec);
/// Whether any of its rounds trains.
bool distils(const RunSpec& spec);
/// Samples of the run's corpus. Where corpus.samples is 0, as many as its steps read once, or a
/// dense model within distill.budget, and at least what an analysis reads; a corpus of fewer
/// distinct samples has those.
std::int64_t samplesOf(const RunSpec& spec);
/// Tokens that a run trains on, every pass counted; of a budget, the budget.
std::int64_t tokensOf(const RunSpec& spec);
/// Rules that span fields (e.g. the temperature must be one of the stored grid's).
Status validate(const RunSpec& spec);
/// InvalidInput, by name, for a field that is off its default although the chosen method, or a run
/// of one size, ignores it. For specs that users write: stored ones, and variants of studies, which
/// share a base, pass. A control is the same spec with another arm, so that its method's fields may
/// stay.
Status checkApplicable(const RunSpec& spec);
/// "svd-whitened", "svd-plain", or "dense" where nothing is cut.
std::string methodName(const PruneSpec& prune);
/// `name`, or one made of method, target and seed where it is empty.
std::string displayName(const RunSpec& spec);

/// One leaf of the field list, for forms, help and diffs.
struct FieldDescription {
    std::string path;  ///< "prune.target"
    std::string type;  ///< "text", "integer", "number", "flag", "choice", "list", "map"
    FieldInfo info;
    std::vector<std::string> choices;  ///< of a number: words that may take its place
    Json defaultValue;
    /// Of a "list" of specs: the fields of one element, paths from there.
    std::vector<FieldDescription> elements;

    /// Of a later field: what versions without it did.
    [[nodiscard]] Json valueBefore() const;
};
std::vector<FieldDescription> describeRunSpec();

}  // namespace skd
