#include <iostream>

#include "cli/commands.h"
#include "run/tools.h"

namespace skd::cli {

void addDoctor(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("doctor", "versions, device, speed, free memory and disk, and what is missing");
    const auto json = addJsonFlag(*command);
    table[command] = [=] {
        Json result = doctorReport();
        const bool healthy = result["problems"].empty();
        if (*json) print(result, true);
        else {
            const Json problems = result["problems"];
            result.erase("problems");
            print(result, false);
            for (const Json& problem : problems) std::cout << "! " << problem.get<std::string>() << "\n";
            if (healthy) std::cout << "Everything needed is here.\n";
        }
        return healthy ? kDone : kFailed;
    };
}

}  // namespace skd::cli
