#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/text.h"
#include "core/distill/distill_fixture.h"
#include "distill/trainer.h"

namespace skd {
namespace {

using Fixture = test::TrainingFixture;

/// What a run did.
struct Ran {
    DistillReport report;
    test::Recorder events;
    std::string weights;
    std::int64_t cacheEntries = 0;

    [[nodiscard]] std::size_t checkpoints() const {
        std::size_t count = 0;
        for (const Event& event : events.events)
            if (const auto* saved = std::get_if<CheckpointSaved>(&event)) count += !saved->best;
        return count;
    }
    [[nodiscard]] double rate(std::size_t step) const { return events.metric("kd.lr")[step]; }
};

using Change = std::function<void(DistillSpec&)>;

/// 12 steps (unless changed) with perplexities 20, 19, 18.5, 18.45, 20, 21, ... every second step.
Ran train(const Change& base, const Change& change = {}) {
    Fixture fixture;
    fixture.spec.evalEvery = 2;
    if (base) base(fixture.spec);
    if (change) change(fixture.spec);
    fixture.environment.evaluate = [](const Decoder&, std::int64_t step) -> Result<double> {
        const double first[] = {20, 19, 18.5, 18.45};
        return step < 8 ? first[step / 2] : 16.0 + 0.5 * static_cast<double>(step);
    };
    const TeacherCache cache = fixture.cacheForSpec();
    Ran ran;
    ran.cacheEntries = cache.k();
    Decoder model = test::trainingStudent(at::kFloat);
    const TeacherSignal signal = fixture.spec.loss == KdLoss::Online
                                     ? TeacherSignal(fixture.teacher, "t")
                                     : TeacherSignal(cache);
    const auto report = fixture.runWith(signal, model, test::StoppingContext(&ran.events).context);
    EXPECT_TRUE(report) << report.error().message;
    if (report) ran.report = *report;
    // What it trained on last, not the best of the scripted perplexities.
    ran.weights =
        strCat(test::weightsSha256(model), formatNumber(ran.events.metric("kd.loss").back(), 12));
    return ran;
}

struct Case {
    const char* field;
    Change base, change;
    std::function<bool(const Ran& before, const Ran& after)> holds;
};

bool otherWeights(const Ran& before, const Ran& after) {
    return before.weights != after.weights;
}

const Case kCases[] = {
    {"steps",
     {},
     [](DistillSpec& s) { s.steps = 5; },
     [](const Ran& b, const Ran& a) { return b.report.steps == 12 && a.report.steps == 5; }},
    {"batch",
     {},
     [](DistillSpec& s) { s.batch = 6; },
     [](const Ran& b, const Ran& a) {
         return a.report.tokens > 1.8 * static_cast<double>(b.report.tokens);
     }},
    {"micro_batch",
     {},
     [](DistillSpec& s) { s.microBatch = 3; },
     [](const Ran& b, const Ran& a) {
         return b.report.microBatch == 1 && a.report.microBatch == 3;
     }},
    // Every bit is the same.
    {"checkpoint_activations",
     {},
     [](DistillSpec& s) { s.checkpointActivations = true; },
     [](const Ran& b, const Ran& a) {
         return b.weights == a.weights && b.events.lines("computed again") == 0 &&
                a.events.lines("computed again") == 1;
     }},
    {"alpha",
     {},
     [](DistillSpec& s) { s.alpha = 1; },
     [](const Ran& b, const Ran& a) {
         return b.events.metric("kd.ce_logit_norm")[0] > 0 &&
                a.events.metric("kd.ce_logit_norm")[0] == 0;
     }},
    {"temperature",
     {},
     [](DistillSpec& s) { s.temperature = 3; },
     [](const Ran& b, const Ran& a) {
         return a.events.metric("kd.kl")[0] < b.events.metric("kd.kl")[0];
     }},
    {"loss", {}, [](DistillSpec& s) { s.loss = KdLoss::Conditional; }, otherWeights},
    {"top_k",
     {},
     [](DistillSpec& s) { s.topK = 8; },
     [](const Ran& b, const Ran& a) {
         return b.cacheEntries == 32 && a.cacheEntries == 8 && otherWeights(b, a);
     }},
    {"sample_rounds", [](DistillSpec& s) { s.loss = KdLoss::Sampled; },
     [](DistillSpec& s) { s.sampleRounds = 7; },
     [](const Ran& b, const Ran& a) {
         return b.cacheEntries == 50 && a.cacheEntries == 7 && otherWeights(b, a);
     }},
    {"learning_rate",
     {},
     [](DistillSpec& s) { s.learningRate = 5e-3; },
     [](const Ran& b, const Ran& a) { return a.rate(4) == 0.5 * b.rate(4) && otherWeights(b, a); }},
    {"ramp_steps", [](DistillSpec& s) { s.learningRate = AutoNumber::automatic(); },
     [](DistillSpec& s) { s.rampSteps = 12; },
     [](const Ran& b, const Ran& a) {
         return b.events.metric("kd.ramp_rate").size() == 40 &&
                a.events.metric("kd.ramp_rate").size() == 12;
     }},
    {"schedule",
     {},
     [](DistillSpec& s) { s.schedule = Schedule::Constant; },
     [](const Ran& b, const Ran& a) {
         return b.rate(11) < 0.5 * a.rate(11) && a.rate(11) == 1e-2;
     }},
    {"warmup",
     {},
     [](DistillSpec& s) { s.warmup = 6; },
     [](const Ran& b, const Ran& a) { return a.rate(2) < b.rate(2) && a.rate(4) > a.rate(3); }},
    {"weight_decay", {}, [](DistillSpec& s) { s.weightDecay = 0.5; }, otherWeights},
    {"beta1", {}, [](DistillSpec& s) { s.beta1 = 0.5; }, otherWeights},
    {"beta2", {}, [](DistillSpec& s) { s.beta2 = 0.9; }, otherWeights},
    {"epsilon", {}, [](DistillSpec& s) { s.epsilon = 1e-2; }, otherWeights},
    {"clip", {}, [](DistillSpec& s) { s.clip = 1e-4; }, otherWeights},
    {"moments", {}, [](DistillSpec& s) { s.moments = MomentType::Int8; }, otherWeights},
    {"lr_mlp", {}, [](DistillSpec& s) { s.mlpRate = 0.5; }, otherWeights},
    {"lr_attention", {}, [](DistillSpec& s) { s.attentionRate = 0.5; }, otherWeights},
    {"lr_embedding", {}, [](DistillSpec& s) { s.embeddingRate = 0.5; }, otherWeights},
    {"average", [](DistillSpec& s) { s.evalEvery = 0; }, [](DistillSpec& s) { s.average = 0.5; },
     [](const Ran& b, const Ran& a) {
         return b.report.averagedSteps == 0 && a.report.averagedSteps == 6 && otherWeights(b, a);
     }},
    {"eval_every",
     {},
     [](DistillSpec& s) { s.evalEvery = 3; },
     [](const Ran& b, const Ran& a) {
         return b.events.metric("ppl.live").size() == 7 && a.events.metric("ppl.live").size() == 5;
     }},
    {"checkpoint_every",
     {},
     [](DistillSpec& s) { s.checkpointEvery = 4; },
     [](const Ran& b, const Ran& a) { return b.checkpoints() == 4 && a.checkpoints() == 3; }},
    {"stop_on_rise",
     {},
     [](DistillSpec& s) {
         s.stopOnRise = true;
         s.patience = 2;
     },
     [](const Ran& b, const Ran& a) { return b.report.steps == 12 && a.report.steps == 10; }},
    {"rise_tolerance",
     [](DistillSpec& s) {
         s.stopOnRise = true;
         s.patience = 2;
     },
     [](DistillSpec& s) { s.riseTolerance = 0.1; },
     [](const Ran& b, const Ran& a) { return b.report.steps == 10 && a.report.steps == 12; }},
    {"stop_on_plateau",
     [](DistillSpec& s) {
         s.patience = 1;
         s.plateauImprovement = 0.01;
     },
     [](DistillSpec& s) { s.stopOnPlateau = true; },
     [](const Ran& b, const Ran& a) { return b.report.steps == 12 && a.report.steps == 6; }},
    {"plateau_improvement",
     [](DistillSpec& s) {
         s.stopOnPlateau = true;
         s.patience = 1;
     },
     [](DistillSpec& s) { s.plateauImprovement = 0.03; },
     [](const Ran& b, const Ran& a) { return b.report.steps == 8 && a.report.steps == 4; }},
    {"patience",
     [](DistillSpec& s) {
         s.stopOnRise = true;
         s.patience = 1;
     },
     [](DistillSpec& s) { s.patience = 2; },
     [](const Ran& b, const Ran& a) { return b.report.steps == 8 && a.report.steps == 10; }},
    {"spike_factor",
     {},
     [](DistillSpec& s) { s.spikeFactor = 1e-6; },
     [](const Ran& b, const Ran& a) {
         return b.report.skippedSteps == 0 && a.report.skippedSteps == 4;
     }},
};

struct NameCollector {
    std::set<std::string> names;
    template <class T>
    void field(const char* name, T&, const FieldInfo&) {
        names.insert(name);
    }
};

class DistillField : public testing::TestWithParam<Case> {};

}  // namespace

TEST_P(DistillField, ChangesWhatItSays) {
    static const Ran plain = train({});
    const Case& each = GetParam();
    EXPECT_TRUE(each.holds(each.base ? train(each.base) : plain, train(each.base, each.change)));
}

INSTANTIATE_TEST_SUITE_P(All, DistillField, testing::ValuesIn(kCases),
                         [](const auto& each) { return std::string(each.param.field); });

TEST(DistillFields, MaxBadStepsIsWhereNonFiniteStepsEndARun) {
    for (const std::int64_t most : {1, 4}) {
        Fixture fixture;
        fixture.environment.evaluate = nullptr;
        fixture.spec.maxBadSteps = most;
        Decoder model = test::trainingStudent(at::kFloat);
        model.finalNorm.fill_(std::nan(""));
        test::Recorder recorder;
        EXPECT_EQ(fixture.run(model, test::StoppingContext(&recorder).context).error().code,
                  ErrorCode::Numeric);
        EXPECT_EQ(recorder.metric("kd.skipped").size(), static_cast<std::size_t>(most));
    }
}

TEST(DistillFields, NoneIsWithoutACase) {
    DistillSpec spec;
    NameCollector collector;
    DistillSpec::visitFields(spec, collector);
    // A budget becomes steps before distillation begins: BudgetTest.
    std::set<std::string> tested{"max_bad_steps", "budget"};
    for (const Case& each : kCases) tested.insert(each.field);
    EXPECT_EQ(collector.names, tested);
}

}  // namespace skd
