#include "widgets/support/synthetic_profile.h"

#include <algorithm>
#include <map>

#include "store/measurement_codec.h"
#include "store/run_writer.h"

namespace skd::test {

namespace {

struct Piece {
    Module module;
    const char* op;
    std::int64_t ns;
    double flops;
};

/// One layer of a decoder in the order in which it runs.
std::vector<Piece> layerPieces(double mlp) {
    const auto scaled = [mlp](double ns) { return static_cast<std::int64_t>(ns * mlp); };
    return {{Module::Norm, "aten::rms_norm", 900'000, 0},
            {Module::AttentionQuery, "aten::mm", 2'600'000, 2.6e8},
            {Module::AttentionKey, "aten::mm", 1'100'000, 9e7},
            {Module::AttentionValue, "aten::mm", 1'100'000, 9e7},
            {Module::Rotary, "aten::mul", 700'000, 0},
            {Module::Attention, "aten::_scaled_dot_product_flash_attention", 6'300'000, 4e8},
            {Module::AttentionOutput, "aten::mm", 2'600'000, 2.6e8},
            {Module::Residual, "aten::add", 500'000, 0},
            {Module::Norm, "aten::rms_norm", 900'000, 0},
            {Module::MlpGate, "aten::mm", scaled(10e6), 1.4e9 * mlp},
            {Module::MlpUp, "aten::mm", scaled(9.8e6), 1.4e9 * mlp},
            {Module::Activation, "aten::silu", 1'900'000, 0},
            {Module::MlpDown, "aten::mm", scaled(10.2e6), 1.4e9 * mlp}};
}

}  // namespace

ModelProfile syntheticModelProfile(const std::string& name, double mlp, int layers) {
    ModelProfile model;
    model.name = name;
    model.parameters = 134'515'008;
    model.mlpParameters = static_cast<std::int64_t>(79'626'240 * mlp);
    std::map<Module, ModuleTime> modules;
    std::map<std::pair<Module, std::string>, OperatorTime> operators;
    std::int64_t now = 0;
    const auto add = [&](const Piece& piece) {
        const std::int64_t glue = piece.ns / 20;
        model.timeline.push_back(
            {enumName(piece.module), piece.module, 1, now, now + piece.ns, glue, true, false});
        model.timeline.push_back({piece.op, piece.module, 1, now + glue / 2,
                                  now + piece.ns - glue / 2, piece.ns - glue, false, false});
        ModuleTime& time = modules[piece.module];
        time.module = piece.module;
        time.seconds += static_cast<double>(piece.ns) * 1e-9;
        time.flops += piece.flops;
        ++time.calls;
        OperatorTime& op = operators[{piece.module, piece.op}];
        op.name = piece.op;
        op.module = piece.module;
        op.seconds += static_cast<double>(piece.ns - glue) * 1e-9;
        ++op.calls;
        now += piece.ns + 20'000;
    };
    add({Module::Embedding, "aten::embedding", 4'000'000, 0});
    for (int layer = 0; layer < layers; ++layer)
        for (const Piece& piece : layerPieces(mlp)) add(piece);
    add({Module::Head, "aten::mm", 14'000'000LL * layers, 2.3e11});
    double named = 0;
    for (const auto& [module, time] : modules) named += time.seconds;
    const double wall = static_cast<double>(now) * 1e-9;
    modules[Module::Gap] = {Module::Gap, wall - named, 0, {}, 0, 0};
    model.wall = {wall, wall * 0.99, wall * 1.02};
    model.attributed = named / wall;
    for (auto& [module, time] : modules) {
        time.share = time.seconds / wall;
        time.rounds = {time.seconds, time.seconds * 0.99, time.seconds * 1.01};
        model.modules.push_back(time);
    }
    for (auto& [key, op] : operators) {
        op.share = op.seconds / wall;
        model.operators.push_back(op);
    }
    std::sort(model.operators.begin(), model.operators.end(),
              [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
    return model;
}

ProfileReport syntheticProfile(int layers) {
    ProfileReport report{
        "cpu", "bf16", "operators of every round, scopes of the decoder", 2, 8, 512, 5, 1,
        false, {}};
    for (const auto& [name, mlp] : {std::pair("SmolLM2-135M-Instruct", 1.0),
                                    std::pair("run:7", 0.85), std::pair("run:1", 0.65)}) {
        ModelProfile model = syntheticModelProfile(name, mlp, layers);
        const double first =
            report.models.empty() ? model.wall.median : report.models.front().wall.median;
        const double speedUp = first / model.wall.median;
        model.comparison = {{speedUp, speedUp * 0.985, speedUp * 1.012},
                            speedUp * 1.01,
                            1.42,
                            {mlp * 1.01, mlp, mlp * 1.02},
                            mlp,
                            {1, 0.995, 1.004}};
        if (report.models.empty()) model.comparison = {{1, 1, 1}, 1, 1.42, {1, 1, 1}, 1, {1, 1, 1}};
        report.models.push_back(std::move(model));
    }
    return report;
}

BenchmarkReport syntheticBenchmark() {
    BenchmarkReport report{128,
                           32,
                           7,
                           2,
                           "bf16",
                           "cpu",
                           {12.4e9, 12.1e9, 12.6e9},
                           "weights, and what the process grew by",
                           {},
                           false};
    for (const auto& [name, share] :
         {std::pair("SmolLM2-135M-Instruct", 1.0), std::pair("run:7", 0.91)}) {
        BenchmarkModel model{name,          134'515'008,   79'626'240, share == 1 ? 0 : 0.15,
                             269e6 * share, 269e6 * share, {}};
        for (const std::int64_t batch : {1, 4, 16}) {
            const double size = static_cast<double>(batch), ttft = 36 * size * share,
                         tpot = (24 + 2 * size) * share;
            model.cells.push_back({batch,
                                   {ttft, ttft * 0.97, ttft * 1.04},
                                   {tpot, tpot * 0.98, tpot * 1.03},
                                   {1 / share, 1, 1.2},
                                   {1 / share, 1, 1.2},
                                   128 * size / ttft * 1000,
                                   size / tpot * 1000,
                                   0.7,
                                   300e6 * share + 12e6 * size,
                                   3e6 * size});
        }
        report.models.push_back(std::move(model));
    }
    return report;
}

Status keepSyntheticMeasurements(const std::filesystem::path& workspace,
                                 const ProfileReport& profile, const BenchmarkReport& benchmark) {
    SKD_TRY(const std::unique_ptr<RunWriter> writer, RunWriter::open(workspace));
    const auto keep = [&](const char* kind, const std::string& models, Json document) -> Status {
        SKD_TRY([[maybe_unused]] const std::int64_t id,
                writer->apply(KeepMeasurement{{{},
                                               kind,
                                               std::string(kind) + " " + models,
                                               1'790'000'000'000,
                                               std::move(document)}}));
        return {};
    };
    SKD_CHECK(keep("profile", "SmolLM2-135M-Instruct, run:7, run:1",
                   profileJson(profile, ProfileDetail::Timeline)));
    return keep("benchmark", "SmolLM2-135M-Instruct, run:7", benchmarkJson(benchmark));
}

}  // namespace skd::test
