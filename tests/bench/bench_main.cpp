#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstring>
#include <functional>
#include <iostream>
#include <string>
#include <thread>

#include "base/instruction_set.h"
#include "base/process_environment.h"
#include "bench_support.h"

/// skd_bench [--quick] [--rounds N] [--threads N] [NAME...]: one JSON line per benchmark.
int main(int argc, char** argv) {
    using namespace skd;
    prepareProcess(argv);
    bench::Settings settings;
    std::vector<std::string> names;
    int threads = static_cast<int>(std::thread::hardware_concurrency());
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--quick")
            settings = {3, true};
        else if (argument == "--rounds" && i + 1 < argc)
            settings.rounds = std::stoi(argv[++i]);
        else if (argument == "--threads" && i + 1 < argc)
            threads = std::stoi(argv[++i]);
        else
            names.push_back(argument);
    }
    at::set_num_threads(threads);
    at::manual_seed(1);
    const std::vector<std::pair<std::string, std::function<Json(const bench::Settings&)>>> all{
        {"head", bench::benchHead},
        {"wide-head", bench::benchWideHead},
        {"scoring", bench::benchScoring},
        {"topk", bench::benchTopK},
        {"adamw", bench::benchAdamW},
        {"step", bench::benchStep}};
    std::cout << dumpJson({{"threads", threads},
                           {"instruction_set", instructionSetName(instructionSet())},
                           {"gemm_gflops", bench::gemmGigaflops(settings.quick ? 0.5 : 2.0)}})
              << std::endl;
    for (const auto& [name, run] : all)
        if (names.empty() || std::find(names.begin(), names.end(), name) != names.end())
            std::cout << dumpJson(run(settings)) << std::endl;
    return 0;
}
