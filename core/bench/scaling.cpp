#include "bench/scaling.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

#include "base/text.h"
#include "bench/synthetic.h"
#include "bench/world.h"
#include "distill/teacher_cache.h"
#include "model/head_scoring.h"
#include "report/svg_chart.h"
#include "requests/tools.h"

namespace skd::bench {
namespace {

using Job = std::function<Status()>;

/// A series before it is measured: what makes the work at a size.
struct SeriesPlan {
    const char *name, *work, *unit;
    std::vector<std::int64_t> sizes, quickSizes;
    Job (*jobAt)(World& world, std::int64_t size);
};

/// The small sides of what does not grow.
SyntheticShape shapeFor(const World& world) {
    SyntheticShape shape{.layers = 4, .type = world.held()};
    if (world.quick())
        shape = {.vocabulary = 512,
                 .hidden = 64,
                 .intermediate = 96,
                 .layers = 2,
                 .heads = 4,
                 .keyValueHeads = 2,
                 .type = world.held()};
    return shape;
}

/// A forward pass over `tokens` with their scores.
Job forwardJob(World& world, const SyntheticShape& shape, std::int64_t tokens) {
    Decoder model = syntheticDecoder(shape);
    if (world.arithmetic() != world.held()) model.computeDtype = world.arithmetic();
    const at::Tensor ids = at::randint(0, shape.vocabulary, {1, tokens}, at::kLong);
    return [model, ids]() -> Status {
        const c10::NoGradGuard noGradient;
        static_cast<void>(scoreTokens(model.hiddenStates(ids)[0], model.head, ids[0]));
        return {};
    };
}

Job headJob(World& world, std::int64_t vocabulary, std::int64_t k) {
    const c10::NoGradGuard noGradient;
    const std::int64_t tokens = world.size(256, 16), width = world.size(576, 64);
    HeadInput input;
    input.hidden = at::randn({tokens, width}).to(world.arithmetic());
    input.head = (at::randn({vocabulary, width}) * 0.1).to(world.arithmetic());
    input.labels = at::randint(0, vocabulary, {tokens}, at::kLong);
    const at::Tensor logP =
        at::log_softmax(at::linear(input.hidden, input.head).to(at::kFloat), -1);
    const auto [values, ids] = logP.topk(k, -1);
    input.teacher = {ids.to(at::kInt), values, at::logsumexp(logP / 2.0, {-1})};
    const at::Tensor gradient = at::zeros(input.head.sizes(), at::kFloat);
    return [input, gradient, tokens]() -> Status {
        at::Tensor sum = gradient;
        static_cast<void>(headLoss(input, {.tokens = static_cast<double>(tokens)}, sum));
        return {};
    };
}

Job tokensJob(World& world, std::int64_t size) {
    return forwardJob(world, shapeFor(world), size);
}
Job layersJob(World& world, std::int64_t size) {
    SyntheticShape shape = shapeFor(world);
    shape.layers = size;
    return forwardJob(world, shape, world.size(256, 16));
}
Job widthJob(World& world, std::int64_t size) {
    SyntheticShape shape = shapeFor(world);
    shape.hidden = size;
    shape.intermediate = 8 * size / 3;
    shape.heads = size / 48;
    shape.keyValueHeads = shape.heads;
    return forwardJob(world, shape, world.size(256, 16));
}
Job vocabularyJob(World& world, std::int64_t size) {
    return headJob(world, size, world.size(32, 8));
}
Job topKJob(World& world, std::int64_t size) {
    return headJob(world, world.size(49152, 1024), size);
}
Job threadsJob(World& world, std::int64_t size) {
    const Job job = forwardJob(world, shapeFor(world), world.size(512, 16));
    return [job, size]() -> Status {
        const int before = at::get_num_threads();
        at::set_num_threads(static_cast<int>(size));
        Status status = job();
        at::set_num_threads(before);
        return status;
    };
}
Job corpusJob(World& world, std::int64_t size) {
    const SyntheticShape shape = shapeFor(world);
    const std::int64_t length = world.size(256, 16);
    const at::Tensor drawn = at::randint(0, shape.vocabulary, {size * length}, at::kLong);
    const auto* first = drawn.const_data_ptr<std::int64_t>();
    const Corpus corpus(length, std::vector<TokenId>(first, first + drawn.numel()),
                        std::vector<std::uint32_t>(static_cast<std::size_t>(size),
                                                   static_cast<std::uint32_t>(length)));
    const Decoder model = syntheticDecoder(shape);
    return [&world, corpus, model]() -> Status {
        const TeacherCacheKey key{"scaling", "bf16", "scaling", corpus.sha256(), 8, {}};
        SKD_CHECK(buildTeacherCache(model, corpus, key, world.freshPath("teacher"), {}));
        return {};
    };
}

/// Numbers of threads up to the machine's: 1, 2, 4, ...
std::vector<std::int64_t> threadCounts() {
    std::vector<std::int64_t> counts;
    for (std::int64_t n = 1; n <= at::get_num_threads(); n *= 2) counts.push_back(n);
    return counts;
}

std::vector<SeriesPlan> allSeries() {
    return {
        {"tokens",
         "forward pass and scores of a window",
         "tokens",
         {128, 256, 512, 1024, 2048, 4096},
         {16, 32, 64},
         tokensJob},
        {"layers", "forward pass of 256 tokens", "layers", {2, 4, 8, 16, 32}, {1, 2, 4}, layersJob},
        {"width",
         "forward pass of 256 tokens, 4 layers",
         "hidden size",
         {192, 384, 768, 1536},
         {48, 96},
         widthJob},
        {"vocabulary",
         "KD head step of 256 tokens",
         "vocabulary",
         {8192, 16384, 32768, 65536, 131072},
         {256, 512, 1024},
         vocabularyJob},
        {"top-k",
         "KD head step of 256 tokens, vocabulary 49,152",
         "k",
         {8, 16, 32, 64, 128},
         {4, 8},
         topKJob},
        {"threads", "forward pass of 512 tokens", "threads", {}, {}, threadsJob},
        {"corpus",
         "teacher cache of samples of 256 tokens",
         "samples",
         {1, 2, 4, 8, 16},
         {1, 2, 4},
         corpusJob}};
}

/// False when cancelled.
Result<bool> measureSeries(const SeriesPlan& plan, World& world, ScalingSeries& series) {
    std::vector<std::int64_t> sizes = world.quick() ? plan.quickSizes : plan.sizes;
    if (sizes.empty()) sizes = threadCounts();
    std::vector<Job> jobs;
    for (const std::int64_t size : sizes) {
        jobs.push_back(plan.jobAt(world, size));
        SKD_CHECK(jobs.back()());  // warms up
    }
    std::vector<std::vector<double>> seconds(sizes.size());
    for (std::int64_t round = 0; round < world.request().rounds; ++round)
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            if (world.context().cancelled()) return false;
            const auto begin = std::chrono::steady_clock::now();
            SKD_CHECK(jobs[i]());
            const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
            seconds[i].push_back(spent.count());
        }
    for (std::size_t i = 0; i < sizes.size(); ++i)
        series.points.push_back({static_cast<double>(sizes[i]), Spread::of(seconds[i])});
    series.exponent = fittedExponent(series.points);
    return true;
}

bool isChosen(const std::string& name, const std::vector<std::string>& filters) {
    return filters.empty() || std::ranges::any_of(filters, [&](const std::string& filter) {
               return name.find(filter) != std::string::npos;
           });
}

}  // namespace

double fittedExponent(const std::vector<ScalingPoint>& points) {
    const auto count = static_cast<double>(points.size());
    double meanX = 0, meanY = 0, xx = 0, xy = 0;
    for (const ScalingPoint& point : points) {
        meanX += std::log(point.size) / count;
        meanY += std::log(point.seconds.median) / count;
    }
    for (const ScalingPoint& point : points) {
        const double x = std::log(point.size) - meanX;
        xx += x * x;
        xy += x * (std::log(point.seconds.median) - meanY);
    }
    return xx > 0 ? xy / xx : std::nan("");
}

std::vector<std::string> scalingNames() {
    std::vector<std::string> names;
    for (const SeriesPlan& plan : allSeries()) names.emplace_back(plan.name);
    return names;
}

Result<ScalingReport> runScaling(const BenchRequest& request, const RunContext& context) {
    if (request.rounds < 1)
        return fail(ErrorCode::InvalidInput, "a bench needs at least 1 round; give --rounds 7");
    for (const std::string& filter : request.filters)
        if (std::ranges::none_of(scalingNames(),
                                 [&](const std::string& name) { return isChosen(name, {filter}); }))
            return fail(ErrorCode::InvalidInput,
                        strCat("no series contains \"", filter, "\" in its name; there are ",
                               joined(scalingNames())));
    SKD_TRY(const std::unique_ptr<World> world, World::open(request, context));
    ScalingReport report{.machine = environmentRecord(),
                         .arithmetic = world->arithmetic() == at::kBFloat16 ? "bf16" : "f32",
                         .rounds = request.rounds,
                         .quick = request.quick};
    for (const SeriesPlan& plan : allSeries()) {
        if (!isChosen(plan.name, request.filters)) continue;
        context.emit(StageStarted{context.run, Stage::Evaluate, plan.name});
        ScalingSeries series{plan.name, plan.work, plan.unit, {}, 0};
        SKD_TRY(const bool done, measureSeries(plan, *world, series));
        report.cancelled = !done;
        if (!done) break;
        report.series.push_back(std::move(series));
    }
    return report;
}

Json ScalingReport::toJson() const {
    Json list = Json::array();
    for (const ScalingSeries& one : series) {
        Json points = Json::array();
        for (const ScalingPoint& point : one.points)
            points.push_back({{"size", point.size}, {"seconds", spreadJson(point.seconds)}});
        list.push_back({{"name", one.name},
                        {"work", one.work},
                        {"unit", one.unit},
                        {"exponent", one.exponent},
                        {"points", std::move(points)}});
    }
    return {{"format", "sparsekd-bench-scaling"},
            {"version", 1},
            {"machine", machine},
            {"arithmetic", arithmetic},
            {"rounds", rounds},
            {"quick", quick},
            {"cancelled", cancelled},
            {"series", std::move(list)}};
}

std::string ScalingReport::toSvg() const {
    LineChart chart{.title = "Cost against size",
                    .description = "Time over that of the smallest size, by doublings of the size",
                    .xLabel = "doublings of the smallest size",
                    .yLabel = "time / that of the smallest size"};
    for (const ScalingSeries& one : series) {
        ChartSeries line{
            .name = strCat(one.name, " (", one.unit, "^", formatFixed(one.exponent, 2), ")"),
            .style = static_cast<int>(chart.series.size())};
        for (const ScalingPoint& point : one.points) {
            const ScalingPoint& first = one.points.front();
            line.x.push_back(std::log2(point.size / first.size));
            line.y.push_back(point.seconds.median / first.seconds.median);
            line.low.push_back(point.seconds.low / first.seconds.median);
            line.high.push_back(point.seconds.high / first.seconds.median);
        }
        chart.series.push_back(std::move(line));
    }
    return skd::toSvg(chart, "scaling");
}

}  // namespace skd::bench
