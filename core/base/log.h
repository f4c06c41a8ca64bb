#pragma once

#include <functional>
#include <string>

/// Logging without spdlog or fmt in any header: LibTorch ships another fmt that would clash.
namespace skd::log {

enum class Level { Debug, Info, Warning, Error };

struct Options {
    Level level = Level::Info;
    std::string file;  ///< "" = no log file
    bool toStderr = true;
};

/// Sets up the process's log; called once from main. Without it messages go to stderr at Info.
void initialise(const Options& options);

using Listener = std::function<void(Level, const std::string&)>;
/// Calls `listener` for every later message, from whichever thread logs it; "" of it removes it.
void setListener(Listener listener);

void write(Level level, const std::string& message);
inline void debug(const std::string& message) {
    write(Level::Debug, message);
}
inline void info(const std::string& message) {
    write(Level::Info, message);
}
inline void warning(const std::string& message) {
    write(Level::Warning, message);
}
inline void error(const std::string& message) {
    write(Level::Error, message);
}

const char* levelName(Level level);

}  // namespace skd::log
