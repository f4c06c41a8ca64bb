#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include "base/files.h"
#include "base/instruction_set.h"
#include "base/resources.h"
#include "base/text.h"
#include "eval/compute_probe.h"
#include "library/model_source.h"
#include "requests/tools.h"

namespace skd {
namespace {

void noteProblems(Json& problems, std::uint64_t memory, std::uint64_t disk) {
    if (const auto resources = resourceFolder(); !resources)
        problems.push_back(resources.error().message);
    if (const auto model = resolveModelPath("SmolLM2-135M-Instruct"); !model)
        problems.push_back(model.error().message);
    if (memory < (2ull << 30))
        problems.push_back(strCat("only ", formatBytes(static_cast<double>(memory)),
                                  " of memory are free; the demo needs about 2 GiB"));
    if (disk < (2ull << 30))
        problems.push_back(strCat("only ", formatBytes(static_cast<double>(disk)),
                                  " of disk are free below ", userDataFolder().string(),
                                  "; the demo needs about 2 GiB"));
}

}  // namespace

Json environmentRecord() {
    const auto device = resolveDevice(DeviceChoice::Auto);
    return {{"version", SKD_VERSION},
            {"libtorch", TORCH_VERSION},
            {"cpu_capability", at::get_cpu_capability()},
            {"processor", processorName()},
            {"instructions", processInstructions()},
            {"device", device ? device->name : "none"},
            {"threads", at::get_num_threads()}};
}

Json doctorReport() {
    setThreads(0);
    const std::uint64_t memory = availableMemoryBytes(), disk = freeDiskBytes(userDataFolder());
    Json report = environmentRecord();
    const ComputeProbe probe = renewComputeProbe(userCacheFolder());
    report["arithmetic"] = probe.prefersBf16() ? "bf16" : "f32";
    report["products"] = memberOf(probe.toJson(), "rates");
    report["free_memory"] = formatBytes(static_cast<double>(memory));
    report["free_memory_bytes"] = memory;
    report["free_disk"] = formatBytes(static_cast<double>(disk));
    report["free_disk_bytes"] = disk;
    report["data_folder"] = userDataFolder().string();
    report["problems"] = Json::array();
    Json& problems = report["problems"];
    noteProblems(problems, memory, disk);
    return report;
}

}  // namespace skd
