#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/GradMode.h>
#include <torch/headeronly/version.h>

#include <chrono>

#include "base/files.h"
#include "base/resources.h"
#include "base/text.h"
#include "run/model_source.h"
#include "run/tools.h"

namespace skd {
namespace {

/// GFLOP/s of x W^T at the shape of a small model's MLP, best of a fifth of a second.
double gemmProbe(at::ScalarType type) {
    const c10::NoGradGuard noGradient;
    const at::Tensor x = at::randn({512, 1024}).to(type), w = at::randn({3072, 1024}).to(type);
    (void)at::linear(x, w);
    double best = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    while (std::chrono::steady_clock::now() < end) {
        const auto begin = std::chrono::steady_clock::now();
        (void)at::linear(x, w);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        best = std::max(best, 2.0 * 512 * 1024 * 3072 / seconds / 1e9);
    }
    return best;
}

void noteProblems(Json& problems, std::uint64_t memory, std::uint64_t disk) {
    if (const auto resources = resourceFolder(); !resources) problems.push_back(resources.error().message);
    if (const auto model = resolveModelPath("SmolLM2-135M-Instruct"); !model) problems.push_back(model.error().message);
    if (memory < (2ull << 30)) problems.push_back(strCat("only ", formatBytes(static_cast<double>(memory)), " of memory are free; the demo needs about 2 GiB"));
    if (disk < (2ull << 30)) problems.push_back(strCat("only ", formatBytes(static_cast<double>(disk)), " of disk are free below ", userDataFolder().string(), "; the demo needs about 2 GiB"));
}

}  // namespace

Json environmentRecord() {
    return {{"version", SKD_VERSION},
            {"libtorch", TORCH_VERSION},
            {"cpu_capability", at::get_cpu_capability()},
            {"device", at::hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0 ? "cuda" : "cpu"},
            {"threads", at::get_num_threads()}};
}

Json doctorReport() {
    setThreads(0);
    const std::uint64_t memory = availableMemoryBytes(), disk = freeDiskBytes(userDataFolder());
    Json report = environmentRecord();
    report["gemm_bf16_gflops"] = gemmProbe(at::kBFloat16);
    report["gemm_f32_gflops"] = gemmProbe(at::kFloat);
    report["free_memory"] = formatBytes(static_cast<double>(memory));
    report["free_memory_bytes"] = memory;
    report["free_disk"] = formatBytes(static_cast<double>(disk));
    report["free_disk_bytes"] = disk;
    report["data_folder"] = userDataFolder().string();
    report["problems"] = Json::array();
    noteProblems(report["problems"], memory, disk);
    return report;
}

}  // namespace skd
