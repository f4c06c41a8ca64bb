#include "base/processes/file_turn.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/files.h"
#include "base/log.h"

namespace skd {

namespace fs = std::filesystem;

Result<std::optional<FileTurn>> FileTurn::tryTake(const fs::path& file) {
    Descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!opened.isOpen()) return fail(ioError("cannot create the lock", file, errno));
    if (::flock(opened.number(), LOCK_EX | LOCK_NB) == 0)
        return std::optional(FileTurn(std::move(opened)));
    if (errno == EWOULDBLOCK) return std::optional<FileTurn>();
    return fail(ioError("cannot lock", file, errno));
}

Result<std::optional<FileTurn>> FileTurn::take(const fs::path& file,
                                               const std::function<bool()>& cancelled) {
    while (!cancelled()) {
        SKD_TRY(std::optional<FileTurn> turn, tryTake(file));
        if (turn) return turn;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return std::optional<FileTurn>();
}

std::optional<FileTurn> turnToMake(const fs::path& cache, const std::string& name,
                                   const std::function<bool()>& cancelled) {
    std::error_code ignored;
    const fs::path folder = turnsBeside(cache);
    if (!fs::is_directory(folder, ignored)) return std::nullopt;
    auto turn = FileTurn::take(folder / (name + ".lock"), cancelled);
    if (turn) return std::move(*turn);
    log::warning(turn.error().message);
    return std::nullopt;
}

}  // namespace skd
