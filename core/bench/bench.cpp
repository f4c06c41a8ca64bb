#include "bench/bench.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/files.h"
#include "base/text.h"
#include "bench/row.h"
#include "model/memory_error.h"
#include "requests/tools.h"

namespace skd::bench {
namespace {

/// The turns of a row, round by round.
struct Turns {
    std::vector<double> ours, reference, probe;
    double oursPeak = 0, referencePeak = 0;
};

std::vector<double> loadAverage() {
    std::vector<double> load(3);
    const int known = ::getloadavg(load.data(), 3);
    load.resize(static_cast<std::size_t>(std::max(known, 0)));
    return load;
}

class Measurement {
public:
    Measurement(const RowEntry& entry, World& world)
        : m_entry(entry), m_world(world), m_row(entry.make()) {}

    Result<BenchRow> run() {
        SKD_CHECK(m_row->prepare(m_world));
        m_work = m_row->work();
        if (m_work.referenceUnits == 0) m_work.referenceUnits = m_work.units;
        SKD_TRY(m_turns.oursPeak, growth(true));
        if (!isRecorded()) {
            SKD_TRY(m_turns.referencePeak, growth(false));
        }
        for (std::int64_t i = 0; i < m_world.request().rounds; ++i) {
            if (m_world.context().cancelled()) break;
            SKD_CHECK(round());
        }
        if (m_world.context().cancelled()) m_turns.ours.clear();  // a round may have been cut short
        return finish();
    }

private:
    [[nodiscard]] bool isRecorded() const { return m_work.recordedRate > 0; }

    Result<double> turn(bool isOurs) {
        m_row->reset();
        const auto begin = std::chrono::steady_clock::now();
        SKD_CHECK(isOurs ? m_row->ours() : m_row->reference());
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
        return isOurs ? spent.count() : spent.count() * m_work.units / m_work.referenceUnits;
    }

    /// Bytes that the process grew by at most in a turn, which warms up.
    Result<double> growth(bool isOurs) {
        ::malloc_trim(0);
        const auto before = static_cast<double>(residentMemoryBytes());
        const bool restarted = restartPeakMemory();
        SKD_CHECK(turn(isOurs));
        return restarted ? std::max(0.0, static_cast<double>(recentPeakMemoryBytes()) - before) : 0;
    }

    Status round() {
        if (m_work.bound == BoundKind::Gemm) m_turns.probe.push_back(m_world.gemm());
        if (m_work.bound == BoundKind::Bandwidth) m_turns.probe.push_back(m_world.bandwidth());
        SKD_TRY(const double ours, turn(true));
        SKD_TRY(const double reference,
                isRecorded() ? Result<double>(m_work.units / m_work.recordedRate) : turn(false));
        m_turns.ours.push_back(ours);
        m_turns.reference.push_back(reference);
        return {};
    }

    [[nodiscard]] BenchSide side(const std::vector<double>& seconds, double peak,
                                 const std::string& what, bool measured) const {
        const Spread spread = Spread::of(seconds);
        return {what, measured, spread, m_work.units / spread.median, peak};
    }

    [[nodiscard]] BenchBound boundOf(double referenceSeconds) const {
        BenchBound bound{m_entry.bound, 0, "s", 0, m_work.amount};
        if (m_work.bound == BoundKind::Reference) bound.seconds *= referenceSeconds;
        if (m_work.bound == BoundKind::Gemm || m_work.bound == BoundKind::Bandwidth) {
            const double probed = Spread::of(m_turns.probe).median;
            bound.unit = m_work.bound == BoundKind::Gemm ? "GFLOP/s" : "GB/s";
            bound.amount = m_work.amount;
            bound.seconds = m_work.amount / probed;
            bound.value = probed / 1e9;
        } else {
            bound.value = bound.seconds;
        }
        return bound;
    }

    [[nodiscard]] std::optional<bool> reached(const BenchRow& row) const {
        const Target& target = m_entry.target;
        if (target.isEmpty() || m_world.quick()) return std::nullopt;
        const double memory = row.reference.peakBytes / std::max(row.ours.peakBytes, 1.0);
        return m_row->agrees() && row.ratio.median >= target.ratio && row.share >= target.share &&
               (target.seconds == 0 || row.ours.seconds.median <= target.seconds) &&
               row.ours.rate >= target.rate && memory >= target.memory;
    }

    [[nodiscard]] BenchRow finish() const {
        BenchRow row{.name = m_entry.name, .work = m_entry.work, .unit = m_entry.unit};
        row.toReach = m_entry.target.text(m_entry.unit);
        row.rounds = static_cast<std::int64_t>(m_turns.ours.size());
        if (row.rounds == 0) {
            row.missing = "cancelled";
            return row;
        }
        std::vector<double> ratios;
        for (std::size_t i = 0; i < m_turns.ours.size(); ++i)
            ratios.push_back(m_turns.reference[i] / m_turns.ours[i]);
        row.units = m_work.units;
        row.ours = side(m_turns.ours, m_turns.oursPeak, "ours", true);
        row.reference =
            side(m_turns.reference, m_turns.referencePeak, m_entry.reference, !isRecorded());
        row.bound = boundOf(row.reference.seconds.median);
        row.ratio = Spread::of(ratios);
        row.share = row.bound.seconds / row.ours.seconds.median;
        row.details = m_row->details();
        row.details["agrees"] = m_row->agrees();
        row.reached = reached(row);
        return row;
    }

    const RowEntry& m_entry;
    World& m_world;
    std::unique_ptr<Row> m_row;
    Work m_work;
    Turns m_turns;
};

BenchRow measured(const RowEntry& entry, World& world) {
    BenchRow row{.name = entry.name, .work = entry.work, .unit = entry.unit};
    row.toReach = entry.target.text(entry.unit);
    if (entry.needsModel)
        if (const auto model = world.model(); !model) {
            if (model.error().code == ErrorCode::NotFound)
                row.missing = strCat("the model is missing: ", model.error().message);
            else
                row.error = model.error();
            return row;
        }
    // What ends a row, memory for example, is no reason to lose the figures of the others.
    try {
        Result<BenchRow> result = Measurement(entry, world).run();
        if (result) return std::move(*result);
        row.error = result.error();
    } catch (const std::exception& error) {
        const std::string what = error.what();  // a backtrace may follow its first line
        row.error = {isOutOfMemory(error) ? ErrorCode::OutOfMemory : ErrorCode::Internal,
                     what.substr(0, what.find('\n'))};
    }
    return row;
}

Result<std::vector<const RowEntry*>> chosenRows(const std::vector<std::string>& filters) {
    std::vector<const RowEntry*> chosen;
    const auto name = [](const RowEntry& row) { return row.name; };
    for (const std::string& filter : filters)
        if (std::ranges::none_of(allRows(), [&](const RowEntry& row) {
                return row.name.find(filter) != std::string::npos;
            }))
            return fail(ErrorCode::InvalidInput,
                        strCat("no row of the bench contains \"", filter,
                               "\" in its name; there are ", joined(allRows(), ", ", name)));
    for (const RowEntry& row : allRows())
        if (filters.empty() || std::ranges::any_of(filters, [&](const std::string& filter) {
                return row.name.find(filter) != std::string::npos;
            }))
            chosen.push_back(&row);
    return chosen;
}

}  // namespace

std::vector<RowOutline> benchRows() {
    std::vector<RowOutline> rows;
    for (const RowEntry& row : allRows())
        rows.push_back({row.name, row.work, row.unit, row.reference, row.bound,
                        row.target.text(row.unit), row.needsModel});
    return rows;
}

Result<BenchReport> runBench(const BenchRequest& request, const RunContext& context) {
    if (request.rounds < 1)
        return fail(ErrorCode::InvalidInput, "a bench needs at least 1 round; give --rounds 7");
    SKD_TRY(const std::vector<const RowEntry*> chosen, chosenRows(request.filters));
    BenchReport report{.model = request.model.path,
                       .loadBefore = loadAverage(),
                       .rounds = request.rounds,
                       .quick = request.quick};
    SKD_TRY(const std::unique_ptr<World> world, World::open(request, context));
    report.machine = environmentRecord();
    report.arithmetic = world->arithmetic() == at::kBFloat16 ? "bf16" : "f32";
    for (const RowEntry* row : chosen) {
        if (context.cancelled()) break;
        context.emit(StageStarted{context.run, Stage::Evaluate, row->name});
        report.rows.push_back(measured(*row, *world));
    }
    report.loadAfter = loadAverage();
    report.cancelled = context.stop.stop_requested();
    return report;
}

}  // namespace skd::bench
