#include "base/process_environment.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/instruction_set.h"

namespace skd {
namespace {

std::vector<EnvironmentSetting> wantedSettings() {
    std::vector<EnvironmentSetting> wanted;
    if (std::getenv("OMP_WAIT_POLICY") == nullptr && std::getenv("GOMP_SPINCOUNT") == nullptr)
        wanted.push_back({"GOMP_SPINCOUNT", "3000"});
    const char* limit = std::getenv("SKD_ISA");
    if (limit == nullptr || *limit == '\0') return wanted;
    const Result<InstructionSet> set = limitedInstructionSet(limit, machineInstructionSet());
    if (!set) {
        std::fprintf(stderr, "%s\n", set.error().message.c_str());
        std::exit(2);
    }
    for (const EnvironmentSetting& setting : libraryLimits(*set)) wanted.push_back(setting);
    return wanted;
}

}  // namespace

void prepareProcess(char** argv) {
    // Beyond `ulimit -f` a write then fails, with a message, instead of ending the process.
    std::signal(SIGXFSZ, SIG_IGN);
    bool changed = false;
    for (const auto& [name, value] : wantedSettings()) {
        const char* present = std::getenv(name);
        if (present != nullptr && std::string_view(present) == value) continue;
        setenv(name, value, 1);
        changed = true;
    }
    // The new process finds everything as it wants it. If execv fails, continue as it is.
    if (changed) execv("/proc/self/exe", argv);
}

}  // namespace skd
