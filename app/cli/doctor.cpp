#include <iostream>

#include "cli/commands.h"
#include "requests/tools.h"

namespace skd::cli {
namespace {

/// With a line a shape: how fast this machine multiplies in the two types of arithmetic.
void printFindings(Json result) {
    const Json problems = memberOf(result, "problems"), products = memberOf(result, "products");
    result.erase("problems");
    result.erase("products");
    print(result, false);
    std::cout << "products of matrices (dtype auto computes in "
              << valueOr(result, "arithmetic", "") << "):\n";
    for (const Json& rate : products)
        std::cout << "  " << memberOf(rate, "rows") << " x " << memberOf(rate, "in") << " x "
                  << memberOf(rate, "out") << ": bf16 "
                  << formatNumber(valueOr(rate, "bf16_gflops", 0.0), 3) << ", f32 "
                  << formatNumber(valueOr(rate, "f32_gflops", 0.0), 3) << " GFLOP/s\n";
    for (const Json& problem : problems) std::cout << "! " << valueOr(problem, "") << "\n";
    if (problems.empty()) std::cout << "Everything needed is here.\n";
}

}  // namespace

void addDoctor(CLI::App& app, CommandTable& table) {
    table.add(app.add_subcommand(
                  "doctor", "versions, device, speed, free memory and disk, and what is missing"),
              [](bool json) {
                  const Json result = doctorReport();
                  if (json)
                      print(result, true);
                  else
                      printFindings(result);
                  return memberOf(result, "problems").empty() ? kDone : kFailed;
              });
}

}  // namespace skd::cli
