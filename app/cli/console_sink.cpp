#include "cli/console_sink.h"

#include <unistd.h>

#include <cmath>
#include <iostream>

#include "base/text.h"

namespace skd::cli {
namespace {

std::string duration(double seconds) {
    const auto whole = static_cast<long long>(std::llround(seconds));
    return whole >= 60 ? strCat(whole / 60, " min ", whole % 60, " s") : strCat(whole, " s");
}

std::string bar(double share) {
    constexpr int kWidth = 28;
    const int filled = static_cast<int>(std::lround(share * kWidth));
    std::string text;
    for (int i = 0; i < kWidth; ++i) text += i < filled ? "█" : "░";
    return text;
}

}  // namespace

ConsoleSink::ConsoleSink(bool quiet) : m_quiet(quiet), m_terminal(isatty(STDERR_FILENO) != 0) {}

void ConsoleSink::clearBar() {
    if (m_barShown) std::cerr << "\r\033[K";
    m_barShown = false;
}

void ConsoleSink::line(const std::string& text) {
    if (m_quiet) return;
    clearBar();
    std::cerr << text << "\n";
}

void ConsoleSink::show(const Progress& progress) {
    if (m_quiet || !m_terminal || progress.total <= 0) return;
    const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
    std::string text =
        strCat("  ", bar(share), " ", static_cast<int>(share * 100), " %  ",
               groupDigits(progress.done), " / ", groupDigits(progress.total), " ", progress.unit);
    if (progress.perSecond > 0) text += strCat("  ", formatNumber(progress.perSecond, 3), "/s");
    if (progress.secondsLeft >= 0) text += "  " + duration(progress.secondsLeft) + " left";
    clearBar();
    std::cerr << text << std::flush;
    m_barShown = true;
}

void ConsoleSink::show(const MetricBatch& batch) {
    for (const MetricPoint& point : batch.points)
        if (point.name == "ppl.live")
            line(strCat("  step ", point.step, ": perplexity ", formatNumber(point.value, 5)));
}

void ConsoleSink::emit(Event event) {
    const std::lock_guard lock(m_mutex);
    if (const auto* stage = std::get_if<StageStarted>(&event))
        line(strCat("• ", stage->detail.empty() ? stageName(stage->stage) : stage->detail));
    else if (const auto* progress = std::get_if<Progress>(&event))
        show(*progress);
    else if (const auto* batch = std::get_if<MetricBatch>(&event))
        show(*batch);
    else if (const auto* done = std::get_if<StageFinished>(&event))
        line(strCat("  done in ", duration(done->seconds)));
    else if (const auto* log = std::get_if<LogLine>(&event)) {
        if (log->level >= log::Level::Warning)
            line(strCat("  ", log::levelName(log->level), ": ", log->text));
    } else if (const auto* finished = std::get_if<RunFinished>(&event)) {
        m_ending = {finished->run, {finished->outcome, finished->reason, finished->summary, {}}};
        m_ended.notify_all();
    } else if (const auto* failed = std::get_if<RunFailed>(&event)) {
        m_ending = {failed->run, {Outcome::Failed, failed->error.message, {}, failed->error}};
        m_ended.notify_all();
    }
}

ConsoleSink::Ending ConsoleSink::wait(RunId run) {
    std::unique_lock lock(m_mutex);
    m_ended.wait(lock, [&] { return m_ending && m_ending->first == run; });
    clearBar();
    return m_ending->second;
}

}  // namespace skd::cli
