#include "core/model/parallel/processes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

Json answerOf(const ProcessPlace& place, const ProcessBody& body) {
    auto devices = joinProcesses(place);
    if (!devices) return {{"error", devices.error().message}};
    auto answer = body(**devices);
    if (answer) return *answer;
    (*devices)->leave(answer.error().message);
    return {{"error", answer.error().message}};
}

}  // namespace

std::uint16_t freePort() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
    ::close(descriptor);
    return ntohs(address.sin_port);
}

std::vector<Ended> inProcesses(int size, const ProcessBody& body) {
    const TemporaryFolder folder;
    const std::uint16_t port = freePort();
    std::vector<pid_t> children;
    for (int rank = 0; rank < size; ++rank) {
        const pid_t child = ::fork();
        if (child == 0) {
            ProcessPlace place;
            place.rank = rank;
            place.size = size;
            place.host = "127.0.0.1";
            place.port = port;
            const Json answer = answerOf(place, body);
            const auto written =
                writeFileAtomically(folder / std::to_string(rank), dumpJson(answer));
            ::_exit(written && !answer.contains("error") ? 0 : 1);
        }
        children.push_back(child);
    }
    std::vector<Ended> ended(children.size());
    for (std::size_t i = 0; i < children.size(); ++i) {
        int status = 0;
        ::waitpid(children[i], &status, 0);
        ended[i].exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        if (const auto text = readFile(folder / std::to_string(i)))
            ended[i].json = parseJson(*text).value_or(Json());
    }
    return ended;
}

}  // namespace skd::test
