#include "eval/compute_probe.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/files.h"
#include "base/hash.h"
#include "base/instruction_set.h"
#include "base/log.h"
#include "base/text.h"
#include "base/verified_file.h"
#include "model/linear.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "sparsekd-compute-probe";
constexpr VerifiedFormat kProbeFormat{"sparsekd-compute-rates", 1 << 20};
constexpr double kSeconds = 0.2;
/// Rows, inputs and outputs of products as models have them: an evaluated window through MLPs of
/// two sizes.
constexpr std::array<std::array<std::int64_t, 3>, 3> kShapes{
    {{512, 1024, 3072}, {512, 3072, 1024}, {512, 576, 1536}}};

double secondsOf(const auto& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Numbers of both signs, none of them special.
at::Tensor waves(std::int64_t rows, std::int64_t columns) {
    return at::arange(rows * columns, at::kFloat).cos_().view({rows, columns});
}

double bestRate(const at::Tensor& x, const at::Tensor& weight) {
    double best = 0, total = 0;
    linearMap(x, weight, {});  // LibTorch chooses a kernel in its first call
    const double flops = 2.0 * static_cast<double>(x.numel()) * static_cast<double>(weight.size(0));
    while (total < kSeconds) {
        const double seconds = secondsOf([&] { linearMap(x, weight, {}); });
        best = std::max(best, flops / seconds / 1e9);
        total += seconds;
    }
    return best;
}

ComputeProbe unmeasured() {
    return {processorName(), TORCH_VERSION, processInstructions(), at::get_num_threads(), {}};
}

/// What a measurement holds of.
std::string identityOf(const ComputeProbe& probe) {
    return strCat(probe.processor, "|", probe.libtorch, "|", probe.instructions);
}

fs::path fileOf(const fs::path& folder) {
    return folder / strCat("compute-", sha256Hex(identityOf(unmeasured())).substr(0, 16), ".json");
}

std::optional<ComputeProbe> kept(const fs::path& file) {
    const auto json = readVerifiedJson(file, kProbeFormat);
    if (!json) return {};
    auto probe = ComputeProbe::fromJson(*json);
    const bool isOurs = probe && identityOf(*probe) == identityOf(unmeasured());
    return isOurs && !probe->rates.empty() ? std::move(probe) : std::nullopt;
}

}  // namespace

bool ComputeProbe::prefersBf16() const {
    return gflops(true) > gflops(false);
}

double ComputeProbe::gflops(bool bf16) const {
    double all = 0, seconds = 0;
    for (const ComputeRate& rate : rates) {
        const auto flops = static_cast<double>(rate.rows * rate.in * rate.out);
        all += flops;
        seconds += flops / (bf16 ? rate.bf16 : rate.f32);
    }
    return seconds > 0 ? all / seconds : 0;
}

Json ComputeProbe::toJson() const {
    Json list = Json::array();
    for (const ComputeRate& rate : rates)
        list.push_back({{"rows", rate.rows},
                        {"in", rate.in},
                        {"out", rate.out},
                        {"bf16_gflops", rate.bf16},
                        {"f32_gflops", rate.f32}});
    return {{"format", kFormat},    {"processor", processor},
            {"libtorch", libtorch}, {"instructions", instructions},
            {"threads", threads},   {"rates", list}};
}

std::optional<ComputeProbe> ComputeProbe::fromJson(const Json& json) {
    if (!json.is_object() || valueOr(json, "format", Json()) != Json(kFormat)) return {};
    try {
        ComputeProbe probe{json.at("processor"),
                           json.at("libtorch"),
                           json.at("instructions"),
                           json.at("threads"),
                           {}};
        for (const Json& rate : json.at("rates")) {
            probe.rates.push_back({rate.at("rows"), rate.at("in"), rate.at("out"),
                                   rate.at("bf16_gflops"), rate.at("f32_gflops")});
            if (!(probe.rates.back().bf16 > 0) || !(probe.rates.back().f32 > 0)) return {};
        }
        return probe;
    } catch (const Json::exception&) {
        return {};
    }
}

ComputeProbe measureCompute() {
    const c10::NoGradGuard noGradient;
    ComputeProbe probe = unmeasured();
    for (const auto& [rows, in, out] : kShapes) {
        const at::Tensor x = waves(rows, in), weight = waves(out, in).to(at::kBFloat16);
        probe.rates.push_back(
            {rows, in, out, bestRate(x.to(at::kBFloat16), weight), bestRate(x, weight)});
    }
    return probe;
}

ComputeProbe renewComputeProbe(const fs::path& folder) {
    ComputeProbe probe = measureCompute();
    std::error_code error;
    fs::create_directories(folder, error);
    if (const Status written = writeVerifiedJson(fileOf(folder), kProbeFormat, probe.toJson());
        !written)
        log::debug("the measured speed of the processor was not kept: " + written.error().message);
    return probe;
}

ComputeProbe computeProbe(const fs::path& folder) {
    if (auto probe = kept(fileOf(folder))) return *probe;
    return renewComputeProbe(folder);
}

}  // namespace skd
