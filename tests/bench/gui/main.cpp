// The window's figures: repaint, event-loop latency under a flood of events, start with a large
// workspace. skd_gui_bench [--check] [--megabytes N] [--keep FOLDER] [--model PATH]; prints JSON;
// --check: exit 1 where one is missed.
#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QPainter>
#include <QScrollBar>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>

#include "base/process_environment.h"
#include "charts/plot/plot_view.h"
#include "figures.h"
#include "runs/filter_line.h"
#include "runs/runs_dock.h"
#include "widgets/support/scripted_session.h"
#include "window/main_window.h"
#include "workspaces.h"

namespace skd::bench {
namespace {

double millisecondsOf(const std::function<void()>& work) {
    QElapsedTimer clock;
    clock.start();
    work();
    return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

/// Median time to paint a widget whole, when `change` has made it out of date.
double repaint(QWidget& widget, const std::function<void(int)>& change, int rounds = 21) {
    std::vector<double> times;
    QPixmap target(widget.size());
    for (int i = 0; i < rounds; ++i) {
        change(i);
        times.push_back(millisecondsOf([&] { widget.render(&target); }));
    }
    return quantile(times, 0.5);
}

std::unique_ptr<MainWindow> openWindow(const std::filesystem::path& file, Theme& theme,
                                       test::ScriptedSession** session = nullptr) {
    auto scripted = std::make_unique<test::ScriptedSession>();
    if (session != nullptr) *session = scripted.get();
    auto window =
        std::make_unique<MainWindow>(std::make_unique<Workspace>(file, std::move(scripted)), theme);
    window->resize(1440, 900);
    window->show();
    return window;
}

void tableOfManyRuns(const std::filesystem::path& folder, Theme& theme,
                     std::vector<Figure>& figures) {
    const auto file = folder / "many.sqlite";
    if (const Status written = writeManyRuns(file, 10'000); !written)
        return figures.push_back({"many runs: " + written.error().message, NAN, 0});
    auto window = openWindow(file, theme);
    require(QTest::qWaitFor([&] { return window->runs().model().rowCount() == 10'000; }, 60'000),
            "the list of runs");
    QTreeView& list = window->runs().list();
    QTest::qWait(200);
    figures.push_back(
        {"repaint_runs_10000_ms",
         repaint(*list.viewport(), [&](int i) { list.verticalScrollBar()->setValue(i * 397); }),
         16});
    figures.push_back({"filter_runs_10000_ms", millisecondsOf([&] {
                           window->runs().filterLine().setText("tiered ppl < 60");
                           QApplication::processEvents();
                       }),
                       200});
}

void millionPoints(std::vector<Figure>& figures) {
    PlotView plot(QStringLiteral("bench"));
    plot.resize(1100, 420);
    plot.show();
    std::vector<double> xs(1'000'000), ys(1'000'000);
    for (std::size_t i = 0; i < xs.size(); ++i) {
        xs[i] = static_cast<double>(i);
        ys[i] = 40 + 300 * std::exp(-static_cast<double>(i) / 1e5) +
                std::sin(static_cast<double>(i) * 0.7);
    }
    const std::size_t series = plot.addSeries({QStringLiteral("a million"), QColor("#E69F00")});
    plot.setData(series, xs, ys);
    figures.push_back({"repaint_1m_points_zooming_ms",
                       repaint(plot,
                               [&](int i) {
                                   plot.zoomTo({1000.0 * i, 1e6 - 7000.0 * i});
                               }),
                       16});
    plot.resetZoom();
    figures.push_back({"repaint_1m_points_appending_ms",
                       repaint(plot,
                               [&](int i) {
                                   const double x = 1e6 + i, y = 41;
                                   plot.append(series, {&x, 1}, {&y, 1});
                               }),
                       16});
}

/// `noise` in perplexity, from step to step: 0.5 is what a live curve has, 20 fills the plot.
void fiftySeries(const char* name, double noise, std::vector<Figure>& figures) {
    PlotView plot(QStringLiteral("bench"));
    plot.resize(1100, 420);
    plot.show();
    std::vector<double> xs(20'000), ys(20'000);
    for (int s = 0; s < 50; ++s) {
        for (std::size_t i = 0; i < xs.size(); ++i) {
            xs[i] = static_cast<double>(i);
            ys[i] = 40 + s + 200 * std::exp(-static_cast<double>(i) / (1000.0 + 50 * s)) +
                    noise * std::sin(static_cast<double>(i) * (0.1 + 0.01 * s));
        }
        plot.setData(plot.addSeries({QString::number(s), QColor::fromHsv(s * 7, 200, 220), 1.0}),
                     xs, ys);
    }
    figures.push_back({name,
                       repaint(plot,
                               [&](int i) {
                                   plot.zoomTo({10.0 * i, 20'000 - 100.0 * i});
                               }),
                       16});
}

/// Two threads of the engine at work beside the window, and a run that says more than any does.
void flood(const std::filesystem::path& folder, Theme& theme, std::vector<Figure>& figures) {
    const auto file = folder / "flood.sqlite";
    if (const Status written = writeManyRuns(file, 50); !written) return;
    test::ScriptedSession* session = nullptr;
    auto window = openWindow(file, theme, &session);
    require(QTest::qWaitFor([&] { return window->settled(); }, 20'000), "the window");
    session->say(RunStarted{RunId(50), "flood", Json::object(), false});
    std::jthread engine([&](const std::stop_token& stop) {
        for (std::int64_t step = 1; !stop.stop_requested(); ++step) {
            MetricBatch batch{RunId(50), {}};
            for (const char* name :
                 {"kd.ce", "kd.kl", "kd.loss", "kd.lr", "kd.grad_norm", "ppl.live"})
                batch.points.push_back({name, step, 40 + std::sin(static_cast<double>(step))});
            session->say(batch);
            session->say(Progress{RunId(50), Stage::Distill, step, 1'000'000, 500, 60, "steps"});
            if (step % 50 == 0)
                session->say(LogLine{RunId(50), log::Level::Info, "step " + std::to_string(step)});
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        }
    });
    const Heartbeat heart;
    QTest::qWait(6000);
    engine.request_stop();
    engine.join();
    figures.push_back(
        {"event_loop_p99_ms_under_2000_batches_a_second", quantile(heart.late(), 0.99), 50});
    figures.push_back({"event_loop_worst_ms", quantile(heart.late(), 1), 200});
}

void start(const std::filesystem::path& folder, int megabytes, Theme& theme,
           std::vector<Figure>& figures) {
    const auto file = folder / ("large-" + std::to_string(megabytes) + ".sqlite");
    if (!std::filesystem::exists(file))
        if (const Status written = writeLargeWorkspace(file, megabytes); !written)
            return figures.push_back({"large: " + written.error().message, NAN, 0});
    figures.push_back(
        {"workspace_mb", static_cast<double>(std::filesystem::file_size(file)) / 1e6, INFINITY});
    std::unique_ptr<MainWindow> window;
    figures.push_back(
        {"first_usable_window_ms", millisecondsOf([&] {
             window = openWindow(file, theme);
             require(QTest::qWaitFor(
                         [&] { return window->settled() && window->runs().model().rowCount() > 0; },
                         60'000),
                     "the window");
             QApplication::processEvents();
         }),
         1000});
}

int run(QApplication& application) {
    QCommandLineParser parser;
    parser.addOptions(
        {{"check", "exit 1 where a figure is missed"},
         {"megabytes", "size of the large workspace", "n", "1000"},
         {"keep", "folder for the workspaces", "folder"},
         {"model", "also time real runs of this model, with the window and without", "path"},
         {"pairs", "how many of each", "n", "4"}});
    parser.process(application);
    const QString model = parser.value("model");
    QTemporaryDir temporary;
    const std::filesystem::path folder =
        (parser.isSet("keep") ? parser.value("keep") : temporary.path()).toStdString();
    std::filesystem::create_directories(folder);
    Theme theme(application);
    theme.apply(ThemeChoice::Dark);
    std::vector<Figure> figures;
    start(folder, parser.value("megabytes").toInt(), theme, figures);
    tableOfManyRuns(folder, theme, figures);
    millionPoints(figures);
    fiftySeries("repaint_50_series_zooming_ms", 0.5, figures);
    fiftySeries("repaint_50_noisy_series_zooming_ms", 20, figures);
    flood(folder, theme, figures);
    if (!model.isEmpty())
        realRuns(folder, model.toStdString(), parser.value("pairs").toInt(), theme, figures);
    Json report = Json::object();
    bool kept = true;
    for (const Figure& figure : figures) {
        const bool within = figure.value <= figure.limit;
        report[figure.name] = {{"value", figure.value}, {"within", within}};
        if (std::isfinite(figure.limit)) report[figure.name]["limit"] = figure.limit;
        kept = kept && within;
    }
    std::puts(dumpJson(report, 2).c_str());
    return kept || !parser.isSet("check") ? 0 : 1;
}

}  // namespace
}  // namespace skd::bench

int main(int argc, char** argv) {
    skd::prepareProcess(argv);
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
    QStandardPaths::setTestModeEnabled(true);
    QApplication::setApplicationName(QStringLiteral("sparsekd-gui-bench"));
    QApplication application(argc, argv);
    return skd::bench::run(application);
}
