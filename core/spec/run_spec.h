#pragma once

#include "base/json.h"
#include "spec/corpus_spec.h"
#include "spec/distill_spec.h"
#include "spec/eval_spec.h"
#include "spec/model_ref.h"
#include "spec/prune_spec.h"
#include "spec/schedule_spec.h"
#include "spec/teacher_spec.h"

namespace skd {

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
    DistillSpec distill;
    EvalSpec eval;

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
        visitor.group("distill", self.distill, "how the pruned model is repaired");
        visitor.group("eval", self.eval, "how perplexity is measured");
    }
};

/// Reads a spec; every field has a default, unknown fields are errors that name the nearest field,
/// values outside their range are errors that name the range.
Result<RunSpec> parseRunSpec(const Json& json);
Result<RunSpec> readRunSpec(const std::string& path);
Json toJson(const RunSpec& spec);
/// Applies "prune.target=0.35"; the value is JSON, or a plain word for text and choices.
Status applyOverride(Json& specJson, const std::string& assignment);
/// The spec with its control applied: what the stages are given. `control` stays as a label.
RunSpec withControl(RunSpec spec);
/// The rounds of a run: the schedule's, or one at prune.target; each with its number of steps.
std::vector<RoundSpec> roundsOf(const RunSpec& spec);
/// Rules that span fields (e.g. the temperature must be one of the stored grid's).
Status validate(const RunSpec& spec);
/// "svd-whitened", "svd-plain", or "dense" where nothing is cut.
std::string methodName(const PruneSpec& prune);
/// `name`, or one made of method, target and seed where it is empty.
std::string displayName(const RunSpec& spec);

/// One leaf of the field list, for forms, help and diffs.
struct FieldDescription {
    std::string path;  ///< "prune.target"
    std::string type;  ///< "text", "integer", "number", "flag", "choice", "list", "map"
    FieldInfo info;
    std::vector<std::string> choices;
    Json defaultValue;
    /// Of a "list" of specs: the fields of one element, paths from there.
    std::vector<FieldDescription> elements;
};
std::vector<FieldDescription> describeRunSpec();

}  // namespace skd
