#pragma once

#include "base/fields.h"

namespace skd {

enum class Schedule { Cosine, Constant };
template <>
inline constexpr auto kNames<Schedule> = names<Schedule>({"cosine", "constant"});

enum class KdLoss { Bucket, Renormalised, Conditional, Sampled, Online };
template <>
inline constexpr auto kNames<KdLoss> = names<KdLoss>({"bucket", "renormalised", "conditional",
                                                      "sampled", "online"});

/// How AdamW's moments are held.
enum class MomentType { F32, Bf16, Int8 };
template <>
inline constexpr auto kNames<MomentType> = names<MomentType>({"f32", "bf16", "int8"});

/// What stands for a learning rate by rule, or one that a ramp did not find, where nothing is known
/// of the run (spec/rate_rule.h).
inline constexpr double kDefaultLearningRate = 5e-5;

/// Temperatures T for which the teacher cache stores log sum_v p_v^(1/T), so that each is exact.
inline constexpr std::array<double, 4> kStoredTemperatures{1, 1.5, 2, 3};

/// Recovery by alpha T^2 KL + (1 - alpha) CE from a teacher's probabilities. Zero steps: none;
/// alpha = 0: no teacher.
struct DistillSpec {
    std::int64_t steps = 60, budget = 0;
    std::int64_t batch = 4, microBatch = 0;
    bool checkpointActivations = false;
    double alpha = 0.5;
    double temperature = 2.0;
    KdLoss loss = KdLoss::Bucket;
    std::int64_t topK = 32;
    std::int64_t sampleRounds = 50;
    AutoNumber learningRate = AutoNumber::ruled();
    std::int64_t rampSteps = 40;
    Schedule schedule = Schedule::Cosine;
    std::int64_t warmup = 6;
    double weightDecay = 0.01;
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    double clip = 1.0;
    MomentType moments = MomentType::F32;
    double mlpRate = 1, attentionRate = 1, embeddingRate = 1;
    double average = 0;
    std::int64_t evalEvery = 10, checkpointEvery = 10;
    bool stopOnRise = true;
    double riseTolerance = 0.02;
    bool stopOnPlateau = true;
    double plateauImprovement = 0.002;
    std::int64_t patience = 4;
    std::int64_t maxBadSteps = 5;
    double spikeFactor = 0;

    bool operator==(const DistillSpec&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitLoss(self, visitor);
        visitOptimizer(self, visitor);
        visitStopping(self, visitor);
    }

private:
    static void visitLoss(auto& self, auto& visitor) {
        visitor.field("steps", self.steps,
                      {"optimiser steps; 0 skips distillation", "steps", 0, 1e9});
        visitor.field("budget", self.budget,
                      {"all stages after loading together cost as much as this many tokens of "
                       "dense distillation here; steps, and all that is counted in them, are then "
                       "multiplied to fit, once, before the first; 0: as many steps as given",
                       "token-equivalents", 0, 1e12, true});
        visitor.field("batch", self.batch, {"samples of an optimiser step", "samples", 1, 65536});
        visitor.field("micro_batch", self.microBatch,
                      {"samples of one forward pass; 0 chooses", "samples", 0, 65536});
        visitor.field("checkpoint_activations", self.checkpointActivations,
                      {"keep only what enters each layer and compute the rest again in the "
                       "backward pass: less memory, one more forward pass, the same gradients",
                       "", 0, 1, true});
        visitor.field("alpha", self.alpha, {"weight of the KL term; CE has the rest", "", 0, 1});
        visitor.field(
            "temperature", self.temperature,
            {"of teacher and student in the KL term: 1, 1.5, 2 or 3; any for the online loss", "",
             0.1, 100});
        visitor.field(
            "loss", self.loss,
            {"KL term: bucket (top k and one bucket for the tail), renormalised (top k "
             "scaled to 1), conditional (both within the top k), sampled (tokens drawn "
             "from the teacher), online (whole vocabulary; the teacher stays in memory)"});
        visitor.field("top_k", self.topK,
                      {"teacher probabilities kept per token (bucket, renormalised, conditional)",
                       "", 1, 256});
        visitor.field("sample_rounds", self.sampleRounds,
                      {"draws per token (sampled)", "", 1, 256});
    }

    static void visitOptimizer(auto& self, auto& visitor) {
        visitor.field(
            "learning_rate", self.learningRate,
            {"peak of the schedule; rule: from the model's size, the tokens of a step and of the "
             "run; auto finds it by a ramp before the first step",
             "", 0, 1});
        visitor.field(
            "ramp_steps", self.rampSteps,
            {"steps of the ramp that finds an automatic learning rate", "steps", 10, 10000, true});
        visitor.field("schedule", self.schedule, {"course of the learning rate after warm-up"});
        visitor.field("warmup", self.warmup, {"steps of linear rise", "steps", 0, 1e9});
        visitor.field("weight_decay", self.weightDecay, {"decoupled (AdamW)", "", 0, 1});
        visitor.field("beta1", self.beta1, {"AdamW", "", 0, 0.999999});
        visitor.field("beta2", self.beta2, {"AdamW", "", 0, 0.999999});
        visitor.field("epsilon", self.epsilon, {"AdamW", "", 1e-16, 1});
        visitor.field("moments", self.moments,
                      {.help = "type of AdamW's two moments: f32, 8 bytes a parameter; bf16, 4; "
                               "int8, 2, in blocks of 256 with a scale each",
                       .isLater = true});
        visitor.field("clip", self.clip,
                      {"largest norm of the gradient; 0 does not clip", "", 0, 1e9});
        visitor.field(
            "lr_mlp", self.mlpRate,
            {"factor of the learning rate for MLP matrices, cut or not", "", 0, 1000, true});
        visitor.field("lr_attention", self.attentionRate,
                      {"factor of the learning rate for attention and norms", "", 0, 1000, true});
        visitor.field("lr_embedding", self.embeddingRate,
                      {"factor of the learning rate for embedding and head", "", 0, 1000, true});
        visitor.field("average", self.average,
                      {"share of the steps, at the end, whose weights are averaged; 0: the last "
                       "weights as they are",
                       "fraction", 0, 1, true});
    }

    static void visitStopping(auto& self, auto& visitor) {
        visitor.field("eval_every", self.evalEvery,
                      {"steps between live perplexities; 0 only at the end", "steps", 0, 1e9});
        visitor.field("checkpoint_every", self.checkpointEvery,
                      {"steps between checkpoints; 0 only at the end", "steps", 0, 1e9});
        visitor.field("stop_on_rise", self.stopOnRise,
                      {"stop when the live perplexity has passed a clear minimum"});
        visitor.field("rise_tolerance", self.riseTolerance,
                      {"rise above the minimum that counts as degrading", "fraction", 0, 10});
        visitor.field("stop_on_plateau", self.stopOnPlateau, {"stop when improvement has ended"});
        visitor.field("plateau_improvement", self.plateauImprovement,
                      {"relative improvement that still counts", "fraction", 0, 1});
        visitor.field(
            "patience", self.patience,
            {"evaluations that must agree before a rule stops the run", "evaluations", 1, 1000});
        visitor.field(
            "max_bad_steps", self.maxBadSteps,
            {"non-finite steps in a row that end the run; spikes do not count", "steps", 1, 1000});
        visitor.field("spike_factor", self.spikeFactor,
                      {"a step whose gradient norm exceeds this many times the median of "
                       "the last 32 (of at least 8) is skipped; 0 skips none",
                       "", 0, 1e6});
    }
};

}  // namespace skd
