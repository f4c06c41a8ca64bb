#include "exchange/mlflow_database.h"

#include <cmath>
#include <limits>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "exchange/mlflow_status.h"
#include "store/schema_check.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

using RunsById = std::map<std::string, ForeignRun>;

Status checkMlflow(SQLite::Database& database, const fs::path& file) {
    const auto check = [&](const char* table, std::initializer_list<const char*> columns) {
        return checkPlainTable(database, file, table, columns);
    };
    SKD_CHECK(
        check("runs", {"run_uuid", "name", "status", "start_time", "end_time", "lifecycle_stage"}));
    SKD_CHECK(check("metrics", {"key", "value", "timestamp", "run_uuid", "step", "is_nan"}));
    SKD_CHECK(check("params", {"key", "value", "run_uuid"}));
    return check("tags", {"key", "value", "run_uuid"});
}

RunsById readRunRows(SQLite::Database& database, ForeignRuns& found) {
    RunsById runs;
    SQLite::Statement rows = query(database,
                                   "SELECT run_uuid, coalesce(name, ''), coalesce(status, ''), "
                                   "start_time, end_time, coalesce(lifecycle_stage, '') FROM runs");
    while (rows.executeStep()) {
        ForeignRun run;
        std::string status, stage;
        readColumns(rows, run.source, run.name, status, run.startedMs, run.finishedMs, stage);
        run.source = lossyUtf8(run.source);
        run.name = lossyUtf8(run.name);
        run.status = mlflowStatus(status);
        if (stage == "deleted")
            ++found.deleted;
        else
            runs.emplace(run.source, std::move(run));
    }
    return runs;
}

double mlflowValue(double stored, bool isNan) {
    if (isNan) return std::nan("");
    if (std::abs(stored) < std::numeric_limits<double>::max()) return stored;
    return std::copysign(HUGE_VAL, stored);
}

void readMetricRows(SQLite::Database& database, RunsById& runs, ForeignRuns& found,
                    const fs::path& file) {
    std::size_t refused = 0;
    SQLite::Statement rows = query(
        database,
        "SELECT run_uuid, \"key\", value, timestamp, step, is_nan FROM metrics ORDER BY run_uuid, "
        "\"key\", step, timestamp, value");
    while (rows.executeStep()) {
        MetricRow row;
        std::string id;
        bool isNan = false;
        readColumns(rows, id, row.name, row.value, row.timeMs, row.step, isNan);
        const auto run = runs.find(lossyUtf8(id));
        if (run == runs.end()) continue;
        const SQLite::Column value = rows.getColumn(2);
        if ((!value.isFloat() && !value.isInteger()) || row.name.empty()) {
            ++refused;
            continue;
        }
        row.name = lossyUtf8(row.name);
        row.value = mlflowValue(row.value, isNan);
        run->second.metrics.push_back(std::move(row));
    }
    if (refused > 0)
        found.warnings.push_back(strCat(file.string(), ": ", refused,
                                        " rows of metrics hold no number or no name; left out"));
}

/// Parameters or tags.
void readTextRows(SQLite::Database& database, const char* table, RunsById& runs,
                  std::vector<std::pair<std::string, std::string>> ForeignRun::*list) {
    SQLite::Statement rows =
        query(database, strCat("SELECT run_uuid, \"key\", coalesce(value, '') FROM ", table,
                               " ORDER BY run_uuid, \"key\""));
    while (rows.executeStep()) {
        std::string id, key, value;
        readColumns(rows, id, key, value);
        if (const auto run = runs.find(lossyUtf8(id)); run != runs.end())
            (run->second.*list).emplace_back(lossyUtf8(key), lossyUtf8(value));
    }
}

}  // namespace

bool isSqliteFile(const fs::path& file) {
    constexpr std::string_view kMagic("SQLite format 3\0", 16);
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) return false;
    const auto opened = MappedFile::open(file);
    if (!opened || opened->size() < kMagic.size()) return false;
    const auto begin = opened->readBytes(0, kMagic.size());
    return begin && *begin == kMagic;
}

Result<ForeignRuns> readMlflowDatabase(const fs::path& file) {
    SKD_TRY(const ForeignDatabase foreign, ForeignDatabase::open(file));
    return catchingSqlite("cannot read", file, [&]() -> Result<ForeignRuns> {
        SQLite::Database& database = *foreign;
        const SQLite::Transaction snapshot(database);
        if (const Status checked = checkMlflow(database, file); !checked)
            return fail(ErrorCode::Corrupt,
                        strCat(checked.error().message, "; it is no database of MLflow"));
        ForeignRuns found;
        RunsById runs = readRunRows(database, found);
        readMetricRows(database, runs, found, file);
        readTextRows(database, "params", runs, &ForeignRun::parameters);
        readTextRows(database, "tags", runs, &ForeignRun::tags);
        for (auto& [id, run] : runs) {
            nameMlflowRun(run);
            found.runs.push_back(std::move(run));
        }
        return found;
    });
}

}  // namespace skd
