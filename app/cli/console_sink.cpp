#include "cli/console_sink.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <iostream>

#include "base/overloaded.h"
#include "base/text.h"

namespace skd::cli {
namespace {

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
    if (m_barShown) std::fputs("\r\033[K", stderr);  // std::cerr lets no control character pass
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
    if (progress.secondsLeft >= 0) text += "  " + elapsedText(progress.secondsLeft) + " left";
    clearBar();
    std::cerr << text << std::flush;
    m_barShown = true;
}

void ConsoleSink::show(const MetricBatch& batch) {
    for (const MetricPoint& point : batch.points)
        if (point.name == "ppl.live")
            line(strCat("  step ", point.step, ": perplexity ", formatNumber(point.value, 5)));
}

void ConsoleSink::end(RunId run, Ending ending) {
    m_ending = {run, std::move(ending)};
    m_ended.notify_all();
}

void ConsoleSink::emit(Event event) {
    const std::lock_guard lock(m_mutex);
    std::visit(
        Overloaded{
            [this](const StageStarted& e) {
                line(strCat("• ", e.detail.empty() ? stageName(e.stage) : e.detail));
            },
            [this](const Progress& e) { show(e); }, [this](const MetricBatch& e) { show(e); },
            [this](const StageFinished& e) { line(strCat("  done in ", elapsedText(e.seconds))); },
            [this](const LogLine& e) {
                if (e.level >= log::Level::Warning)
                    line(strCat("  ", log::levelName(e.level), ": ", e.text));
            },
            [this](RunFinished& e) {
                end(e.run, {e.outcome, std::move(e.reason), std::move(e.summary), {}});
            },
            [this](RunFailed& e) {
                end(e.run, {Outcome::Failed, e.error.message, {}, std::move(e.error)});
            },
            [](const auto&) {}},
        event);
}

ConsoleSink::Ending ConsoleSink::wait(RunId run) {
    std::unique_lock lock(m_mutex);
    m_ended.wait(lock, [&] { return m_ending && m_ending->first == run; });
    clearBar();
    return m_ending->second;
}

}  // namespace skd::cli
