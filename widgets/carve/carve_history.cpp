#include "carve/carve_history.h"

#include <algorithm>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "results/profile_report.h"
#include "store/measurement_codec.h"

namespace skd {

namespace {

constexpr std::size_t kProfiles = 8;  ///< newest that are looked at

/// The share of a forward pass that the MLP's products of the report's first model take.
double mlpShareOf(const ProfileReport& report) {
    double share = 0;
    for (const ModuleTime& time : report.models.front().modules)
        if (isMlpMatrix(time.module)) share += time.share;
    return share;
}

void readProfileOf(const RunStore& store, const ModelSummary& model, MeasuredSpeed& speed) {
    const auto rows = store.measurements("profile", false);
    if (!rows) return;
    for (std::size_t i = 0; i < std::min(kProfiles, rows->size()); ++i) {
        const auto row = store.measurement((*rows)[i].id);
        const auto report =
            row.and_then([](const MeasurementRow& kept) { return readProfile(kept.document); });
        if (!report || report->models.empty()) continue;
        const ModelProfile& first = report->models.front();
        const bool same = first.weightsSha256.empty() ? first.name == model.name
                                                      : first.weightsSha256 == model.weightsSha256;
        if (!same) continue;
        speed.mlpShare = mlpShareOf(*report);
        speed.profileRows = report->batch * report->length;
        speed.profile = strCat(row->title, " (", report->device, ", ", report->dtype, ", ",
                               report->threads, " threads)");
        return;
    }
}

/// Every table of this machine's processor that the workspace keeps for a dtype.
std::vector<BreakEvenTable> tablesFor(const RunPaths& paths, const std::string& dtype) {
    std::vector<BreakEvenTable> tables;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(paths.timings(), ignored)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("break-even-") || !name.ends_with(".json")) continue;
        auto table = readBreakEvenFile(entry.path());
        if (table && table->machine.ends_with(processorName()) && table->dtype == dtype)
            tables.push_back(std::move(*table));
    }
    return tables;
}

}  // namespace

std::vector<std::int64_t> CarveRun::ranksFor(const Analysis& analysis) const {
    std::vector<std::int64_t> aligned;
    for (const MatrixSpectrum& matrix : analysis.matrices)
        if (const auto found = ranks.find(matrix.info.name); found != ranks.end())
            aligned.push_back(found->second);
    if (aligned.size() != analysis.matrices.size() || aligned.size() != ranks.size()) return {};
    return aligned;
}

bool isCut(const std::vector<std::int64_t>& ranks) {
    return std::ranges::any_of(ranks, [](std::int64_t rank) { return rank > 0; });
}

Result<CarveHistory> readCarveHistory(const RunStore& store) {
    CarveHistory history;
    SKD_TRY(history.analysis, store.latestAnalysis());
    SKD_TRY(const std::vector<RunRow> rows, store.runs());
    for (const RunRow& row : rows) {
        if (history.runs.size() >= CarveHistory::kRuns) break;
        if (row.status == RunStatus::Queued) continue;
        const auto ranks = store.ranks(row.id);
        if (!ranks || ranks->empty()) continue;
        CarveRun run{row, {}};
        for (const RankRow& rank : *ranks) run.ranks[rank.matrix] = rank.rank;
        history.runs.push_back(std::move(run));
    }
    return history;
}

MeasuredSpeed readMeasuredSpeed(const RunStore& store, const RunPaths& paths,
                                const ModelSummary& model) {
    MeasuredSpeed speed;
    const auto threads = static_cast<std::int64_t>(std::thread::hardware_concurrency());
    for (BreakEvenTable& table : tablesFor(paths, model.dtype)) {
        const bool nearer =
            std::abs(table.threads - threads) < std::abs(speed.times.threads - threads);
        if (speed.times.shapes.empty() || nearer) speed.times = std::move(table);
    }
    readProfileOf(store, model, speed);
    return speed;
}

}  // namespace skd
