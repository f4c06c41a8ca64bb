#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <mutex>

#include "base/fields.h"
#include "base/text.h"

namespace skd {

template <>
inline constexpr auto kNames<log::Level> = names<log::Level>({"debug", "info", "warning", "error"});

}  // namespace skd

namespace skd::log {
namespace {

struct State {
    std::mutex mutex;
    std::shared_ptr<spdlog::logger> logger;
    Listener listener;
};

State& state() {
    static State instance;
    return instance;
}

std::shared_ptr<spdlog::logger> makeLogger(const Options& options) {
    std::vector<spdlog::sink_ptr> sinks;
    if (options.toStderr) sinks.push_back(std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    if (!options.file.empty()) {
        try {
            sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file));
        } catch (const spdlog::spdlog_ex&) {
            // A log that cannot be written must not keep the program from starting.
        }
    }
    auto logger = std::make_shared<spdlog::logger>("sparsekd", sinks.begin(), sinks.end());
    logger->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
    logger->flush_on(spdlog::level::warn);
    return logger;
}

spdlog::level::level_enum toSpdlog(Level level) {
    constexpr std::array kLevels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                 spdlog::level::err};  // in the order of Level
    return kLevels.at(static_cast<std::size_t>(level));
}

}  // namespace

void initialise(const Options& options) {
    auto logger = makeLogger(options);
    logger->set_level(toSpdlog(options.level));
    const std::lock_guard lock(state().mutex);
    state().logger = std::move(logger);
}

void setListener(Listener listener) {
    const std::lock_guard lock(state().mutex);
    state().listener = std::move(listener);
}

void write(Level level, const std::string& message) {
    std::shared_ptr<spdlog::logger> logger;
    Listener listener;
    {
        const std::lock_guard lock(state().mutex);
        if (!state().logger) state().logger = makeLogger({});
        logger = state().logger;
        listener = state().listener;
    }
    logger->log(toSpdlog(level), "{}", escapeControls(message));
    if (listener) listener(level, message);
}

const char* levelName(Level level) {
    return enumName(level);
}

}  // namespace skd::log
