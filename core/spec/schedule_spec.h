#pragma once

#include <vector>

#include "base/fields.h"

namespace skd {

enum class GateAction { RollBack, RaiseRanks };
template <>
inline constexpr auto kNames<GateAction> = names<GateAction>({"roll-back", "raise-ranks"});

/// One round of prune and distil; its target is a share of the original dense parameters.
struct RoundSpec {
    double target = 0.15;
    std::int64_t steps = 0;

    bool operator==(const RoundSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field(
            "target", self.target,
            {"fraction removed at the end of this round, of the dense model", "fraction", 0, 0.99});
        visitor.field("steps", self.steps,
                      {"optimiser steps of this round; 0 means distill.steps", "steps", 0, 1e9});
    }
};

/// In which rounds a model is cut, and what keeps a round from going wrong.
struct ScheduleSpec {
    std::vector<RoundSpec> rounds;
    bool recache = false;
    bool gate = true;
    double gateKl = 6.0;
    GateAction gateAction = GateAction::RollBack;

    bool operator==(const ScheduleSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.list("rounds", self.rounds,
                     "rounds in their order; empty is one round at prune.target");
        visitor.field("recache", self.recache,
                      {"each round's teacher is the model the round before ended with, "
                       "instead of the first teacher"});
        visitor.field(
            "gate", self.gate,
            {"measure each cut's KL to the model before it and refuse cuts above gate_kl"});
        visitor.field("gate_kl", self.gateKl,
                      {"largest KL of the pruned output to the output before pruning",
                       "nats per token", 0, 1e6});
        visitor.field("gate_action", self.gateAction,
                      {"what a refused cut does: the round is rolled back and the run ends with "
                       "what it had, or its target is lowered until the cut passes"});
    }
};

}  // namespace skd
