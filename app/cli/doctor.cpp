#include <iostream>

#include "base/text.h"
#include "cli/commands.h"
#include "requests/tools.h"

namespace skd::cli {
namespace {

/// One line a shape: how fast this machine multiplies in the two types of arithmetic.
void printProducts(const Json& products) {
    for (const Json& rate : products)
        std::cout << "  " << rate["rows"] << " x " << rate["in"] << " x " << rate["out"]
                  << ": bf16 " << formatNumber(rate["bf16_gflops"].get<double>(), 3) << ", f32 "
                  << formatNumber(rate["f32_gflops"].get<double>(), 3) << " GFLOP/s\n";
}

}  // namespace

void addDoctor(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "doctor", "versions, device, speed, free memory and disk, and what is missing");
    const auto json = addJsonFlag(*command);
    table[command] = [=] {
        Json result = doctorReport();
        const bool healthy = result["problems"].empty();
        if (*json)
            print(result, true);
        else {
            const Json problems = result["problems"], products = result["products"];
            result.erase("problems");
            result.erase("products");
            print(result, false);
            std::cout << "products of matrices (dtype auto computes in "
                      << result["arithmetic"].get<std::string>() << "):\n";
            printProducts(products);
            for (const Json& problem : problems)
                std::cout << "! " << problem.get<std::string>() << "\n";
            if (healthy) std::cout << "Everything needed is here.\n";
        }
        return healthy ? kDone : kFailed;
    };
}

}  // namespace skd::cli
