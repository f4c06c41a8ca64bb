#pragma once

#include "base/json.h"
#include "spec/corpus_spec.h"
#include "spec/distill_spec.h"
#include "spec/eval_spec.h"
#include "spec/model_ref.h"
#include "spec/prune_spec.h"

namespace skd {

/// Everything that decides what a run computes.
struct RunSpec {
    std::string name;
    std::int64_t seed = 42;
    ModelRef model;
    CorpusSpec corpus;
    PruneSpec prune;
    DistillSpec distill;
    EvalSpec eval;

    bool operator==(const RunSpec&) const = default;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("name", self.name, FieldInfo{"how the run is called; empty makes one from method, target and seed"});
        visitor.field("seed", self.seed, FieldInfo{"fixes every random choice", "", 0, 9.0e15});
        visitor.group("model", self.model, "the model a run starts from");
        visitor.group("corpus", self.corpus, "text for calibration and distillation");
        visitor.group("prune", self.prune, "how MLP matrices are cut");
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
    std::vector<FieldDescription> elements;  ///< of a "list" of specs: the fields of one element, paths from there
};
std::vector<FieldDescription> describeRunSpec();

}  // namespace skd
