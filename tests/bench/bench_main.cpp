#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include "base/instruction_set.h"
#include "base/process_environment.h"
#include "bench_support.h"

namespace {

/// --model PATH --ids FILE [--dtype f32|bf16] [--windows N] [--window N] [--samples N] [--length N]
/// [--micro-batch N]
skd::bench::TurnSettings turnSettings(const std::map<std::string, std::string>& options) {
    skd::bench::TurnSettings s;
    const auto text = [&](const char* name, std::string& target) {
        if (const auto found = options.find(name); found != options.end()) target = found->second;
    };
    const auto number = [&](const char* name, std::int64_t& target) {
        if (const auto found = options.find(name); found != options.end())
            target = std::stoll(found->second);
    };
    text("--model", s.model);
    text("--ids", s.ids);
    text("--dtype", s.dtype);
    number("--windows", s.windows);
    number("--window", s.window);
    number("--samples", s.samples);
    number("--length", s.length);
    number("--micro-batch", s.microBatch);
    return s;
}

}  // namespace

/// skd_bench [--quick] [--rounds N] [--threads N] [NAME...]: one JSON line per benchmark.
/// skd_bench --model PATH --ids FILE ...: takes turns with another program (compare/compare.py).
int main(int argc, char** argv) {
    using namespace skd;
    prepareProcess(argv);
    bench::Settings settings;
    std::vector<std::string> names;
    std::map<std::string, std::string> options;
    int threads = static_cast<int>(std::thread::hardware_concurrency());
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--quick")
            settings = {3, true};
        else if (argument == "--rounds" && i + 1 < argc)
            settings.rounds = std::stoi(argv[++i]);
        else if (argument == "--threads" && i + 1 < argc)
            threads = std::stoi(argv[++i]);
        else if (argument.starts_with("--") && i + 1 < argc)
            options[argument] = argv[++i];
        else
            names.push_back(argument);
    }
    at::set_num_threads(threads);
    at::manual_seed(1);
    if (options.contains("--model")) return bench::takeTurns(turnSettings(options));
    const std::vector<std::pair<std::string, std::function<Json(const bench::Settings&)>>> all{
        {"head", bench::benchHead},       {"wide-head", bench::benchWideHead},
        {"scoring", bench::benchScoring}, {"topk", bench::benchTopK},
        {"adamw", bench::benchAdamW},     {"step", bench::benchStep}};
    std::cout << dumpJson({{"threads", threads},
                           {"instruction_set", instructionSetName(instructionSet())},
                           {"gemm_gflops", bench::gemmGigaflops(settings.quick ? 0.5 : 2.0)}})
              << std::endl;
    for (const auto& [name, run] : all)
        if (names.empty() || std::find(names.begin(), names.end(), name) != names.end())
            std::cout << dumpJson(run(settings)) << std::endl;
    return 0;
}
