#include "cli/cli_runner.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace skd::test {
namespace {

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

[[noreturn]] void becomeCli(const std::vector<std::string>& arguments, const std::string& folder,
                            const std::vector<std::string>& environment) {
    if (std::freopen((folder + "/cli.out").c_str(), "w", stdout) == nullptr) std::_Exit(126);
    if (std::freopen((folder + "/cli.err").c_str(), "w", stderr) == nullptr) std::_Exit(126);
    setenv("XDG_DATA_HOME", folder.c_str(), 1);
    setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
    for (const std::string& pair : environment) {
        const auto equals = pair.find('=');
        setenv(pair.substr(0, equals).c_str(), pair.substr(equals + 1).c_str(), 1);
    }
    std::vector<std::string> all{SKD_CLI};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& argument : all) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv(SKD_CLI, argv.data());
    std::_Exit(127);
}

}  // namespace

Json CliResult::json() const {
    auto parsed = parseJson(out);
    return parsed ? *parsed : Json();
}

CliResult runCli(const std::vector<std::string>& arguments, const std::string& dataFolder,
                 const std::vector<std::string>& environment) {
    const pid_t child = fork();
    if (child == 0) becomeCli(arguments, dataFolder, environment);
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            contents(dataFolder + "/cli.out"), contents(dataFolder + "/cli.err")};
}

int startCli(const std::vector<std::string>& arguments, const std::string& dataFolder) {
    const pid_t child = fork();
    if (child == 0) becomeCli(arguments, dataFolder, {});
    return child;
}

}  // namespace skd::test
