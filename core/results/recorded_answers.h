#pragma once

#include <vector>

#include "base/record.h"

/// What the models of a run have said, so that it can be shown where no model is at hand.
namespace skd {

/// A greedy answer to one of a run's prompts.
struct RecordedAnswer {
    std::string prompt, text;
    std::int64_t tokens = 0;
    std::string ended;  ///< "stop" (the model ended), "length" or "not finite" (its logits)
    bool chat = false;  ///< the prompt was written by the model's chat template
    Json document = {};
    bool operator==(const RecordedAnswer&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("prompt", self.prompt, {});
        visitor.field("text", self.text, {});
        visitor.field("tokens", self.tokens, {});
        visitor.field("ended", self.ended, {});
        visitor.field("chat", self.chat, {});
    }
};

// Stages of a run that answer: the dense model, or the pruned one that the run starts from; a
// round's model after its cut, and after distillation.
constexpr const char *kDenseAnswers = "dense", *kStartAnswers = "start", *kCutAnswers = "cut",
                     *kRecoveredAnswers = "recovered";

/// The answers of one model of a run, in the order of its prompts.
struct AnswerSet {
    std::string stage;                 ///< one of those above
    std::int64_t round = 0;            ///< from 1; 0: before the first one
    std::int64_t step = 0;             ///< optimiser steps of the run so far
    std::optional<std::int64_t> seed;  ///< of the run
    std::vector<RecordedAnswer> answers;
    std::optional<double> removed = {};  ///< of an elastic run: at which size, as fraction removed
    Json document = {};
    bool operator==(const AnswerSet&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("stage", self.stage, {});
        visitor.field("round", self.round, {});
        visitor.field("step", self.step, {});
        visitor.field("seed", self.seed, {});
        visitor.field("answers", self.answers, {});
        visitor.known("removed", self.removed, {});
    }
};

/// Adds `set`, or replaces that of the same stage, round and size.
void takeAnswers(std::vector<AnswerSet>& known, AnswerSet set);

/// What stands side by side: the first model's answers, those after the last cut, and those after
/// the recovery from it, as far as there are any; of an elastic run those of all its sizes,
/// ascending in what they remove. Points into `known`.
std::vector<const AnswerSet*> shownAnswers(const std::vector<AnswerSet>& known);

/// "dense", "cut, round 2", "recovered, 35 % removed": the round where the run has several.
std::string answerTitle(const AnswerSet& set, const std::vector<AnswerSet>& known);

/// The set of an elastic run's recovered model whose size is nearest to `removed`; null where no
/// size answered.
const AnswerSet* answersAt(const std::vector<AnswerSet>& known, double removed);

/// Prompts that any of the sets answers, each once.
std::vector<std::string> promptsOf(const std::vector<const AnswerSet*>& sets);

/// The answer to a prompt, or null.
const RecordedAnswer* findAnswer(const AnswerSet& set, const std::string& prompt);

}  // namespace skd
