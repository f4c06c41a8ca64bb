#include "base/processes/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/descriptor.h"
#include "base/text.h"

extern char** environ;

namespace skd {
namespace {

/// Arguments or environment as the system wants them; the strings stay with their owner.
std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::string nameOf(const std::string& assignment) {
    return assignment.substr(0, assignment.find('=') + 1);
}

std::vector<std::string> environmentWith(const std::vector<std::string>& more) {
    std::vector<std::string> all = more;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string assignment = *entry;
        bool isReplaced = false;
        for (const std::string& own : more) isReplaced |= nameOf(own) == nameOf(assignment);
        if (!isReplaced) all.push_back(assignment);
    }
    return all;
}

/// What posix_spawn is to do in the child.
class SpawnPlan {
public:
    SpawnPlan() {
        ::posix_spawn_file_actions_init(&m_actions);
        ::posix_spawnattr_init(&m_attributes);
        sigset_t none, defaults;
        sigemptyset(&none);
        sigemptyset(&defaults);
        for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) sigaddset(&defaults, signal);
        ::posix_spawnattr_setsigmask(&m_attributes, &none);
        ::posix_spawnattr_setsigdefault(&m_attributes, &defaults);
        ::posix_spawnattr_setpgroup(&m_attributes, 0);
        ::posix_spawnattr_setflags(
            &m_attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
        open(STDIN_FILENO, "/dev/null", O_RDONLY);
    }
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&m_actions);
        ::posix_spawnattr_destroy(&m_attributes);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    void open(int number, const char* path, int flags) {
        ::posix_spawn_file_actions_addopen(&m_actions, number, path, flags, 0644);
    }
    void duplicate(int from, int to) { ::posix_spawn_file_actions_adddup2(&m_actions, from, to); }

    Result<pid_t> start(std::vector<std::string> arguments, std::vector<std::string> environment) {
        pid_t child = 0;
        const std::string program = arguments.front();
        const auto argv = pointersTo(arguments), environmentText = pointersTo(environment);
        const int error = ::posix_spawnp(&child, program.c_str(), &m_actions, &m_attributes,
                                         argv.data(), environmentText.data());
        if (error == 0) return child;
        return fail(error == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
                    strCat("cannot start ", program, ": ", std::strerror(error),
                           "; install it, or put its folder into PATH"));
    }

private:
    posix_spawn_file_actions_t m_actions{};
    posix_spawnattr_t m_attributes{};
};

struct Pipe {
    Descriptor reading, writing;
};
Result<Pipe> makePipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail(ErrorCode::Io, strCat("cannot make a pipe: ", std::strerror(errno)));
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Takes what has come; false at the end.
bool drain(const Descriptor& from, std::string& into) {
    std::array<char, 65536> bytes{};
    const ssize_t count = ::read(from.number(), bytes.data(), bytes.size());
    if (count > 0) into.append(bytes.data(), static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && errno == EINTR);
}

/// Reads both until they end; false where that takes past `deadline`.
bool readBoth(Pipe& out, Pipe& err, ProcessOutput& into,
              std::chrono::steady_clock::time_point deadline) {
    while (out.reading.isOpen() || err.reading.isOpen()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        std::array<pollfd, 2> waited{
            {{out.reading.number(), POLLIN, 0}, {err.reading.number(), POLLIN, 0}}};
        if (left.count() <= 0) return false;
        if (::poll(waited.data(), waited.size(), static_cast<int>(left.count())) <= 0) continue;
        if (waited[0].revents != 0 && !drain(out.reading, into.out)) out.reading.close();
        if (waited[1].revents != 0 && !drain(err.reading, into.err)) err.reading.close();
    }
    return true;
}

}  // namespace

Result<pid_t> startProcess(const ProcessRequest& request) {
    SpawnPlan plan;
    const std::string output = request.output.empty() ? "/dev/null" : request.output.string();
    plan.open(STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND);
    plan.duplicate(STDOUT_FILENO, STDERR_FILENO);
    return plan.start(request.arguments, environmentWith(request.environment));
}

std::optional<ProcessEnd> endOf(pid_t child) {
    int status = 0;
    const pid_t found = ::waitpid(child, &status, WNOHANG);
    if (found == 0 || (found < 0 && errno == EINTR)) return std::nullopt;
    if (found < 0) return ProcessEnd{127, false};
    if (WIFSIGNALED(status)) return ProcessEnd{128 + WTERMSIG(status), true};
    return ProcessEnd{WEXITSTATUS(status), false};
}

Result<ProcessOutput> captureProcess(const std::vector<std::string>& arguments,
                                     std::chrono::seconds limit) {
    SKD_TRY(Pipe out, makePipe());
    SKD_TRY(Pipe err, makePipe());
    SpawnPlan plan;
    plan.duplicate(out.writing.number(), STDOUT_FILENO);
    plan.duplicate(err.writing.number(), STDERR_FILENO);
    SKD_TRY(const pid_t child, plan.start(arguments, environmentWith({})));
    out.writing.close();
    err.writing.close();
    ProcessOutput result;
    const bool ended = readBoth(out, err, result, std::chrono::steady_clock::now() + limit);
    if (!ended) ::kill(-child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended)
        return fail(ErrorCode::Io,
                    strCat(arguments.front(), " did not answer within ", limit.count(), " s"));
    result.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

std::string hostName() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string shellQuoted(const std::string& text) {
    std::string quoted = text;
    replaceAll(quoted, "'", "'\\''");
    return "'" + quoted + "'";
}

}  // namespace skd
