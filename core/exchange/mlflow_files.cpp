#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "base/files.h"
#include "base/text.h"
#include "exchange/foreign_files.h"
#include "exchange/mlflow_database.h"
#include "exchange/mlflow_status.h"
#include "exchange/yaml_scalar.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestMetric = 1ull << 30, kLargestText = 1 << 20;

/// Python's spellings of what is not finite included.
std::optional<double> pythonNumber(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    const std::string word = lower(std::string(text));
    if (word == "nan" || word == "-nan") return std::nan("");
    if (word == "inf" || word == "infinity") return HUGE_VAL;
    if (word == "-inf" || word == "-infinity") return -HUGE_VAL;
    return parseNumber<double>(text);
}

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0, end = 0; begin < line.size(); begin = end + 1) {
        end = std::min(line.find_first_of(" \t\r", begin), line.size());
        if (end > begin) parts.push_back(line.substr(begin, end - begin));
    }
    return parts;
}

/// `timestamp value step` and what may follow: name and digest of a dataset, id of a model. Very
/// old files have no step.
std::optional<MetricRow> metricOf(std::string_view line, const std::string& name) {
    const std::vector<std::string_view> parts = words(line);
    if (parts.size() < 2) return {};
    const auto time = parseNumber<std::int64_t>(parts[0]);
    const auto value = pythonNumber(parts[1]);
    const auto step = parseNumber<std::int64_t>(parts.size() > 2 ? parts[2] : "0");
    if (!time || !value || !step) return {};
    return MetricRow{name, *step, *value, *time};
}

/// Whole lines only: half a number is another number.
void readMetric(const fs::path& file, const std::string& name, ForeignRun& run,
                std::vector<std::string>& warnings) {
    const auto text = readFile(file, kLargestMetric);
    if (!text) return warnings.push_back(text.error().message);
    const std::vector<std::string_view> lines = splitLines(*text);
    const bool cut = !text->empty() && text->back() != '\n';
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (words(lines[i]).empty()) continue;
        const bool whole = !cut || i + 1 < lines.size();
        if (auto row = whole ? metricOf(lines[i], name) : std::nullopt)
            run.metrics.push_back(std::move(*row));
        else
            warnings.push_back(strCat(file.string(), ", line ", i + 1,
                                      whole ? " is not `timestamp value step`; left out"
                                            : " is cut off (it has no line end); left out"));
    }
}

/// Files that systems put into every folder.
bool isLitter(const std::string& name) {
    constexpr std::array<std::string_view, 3> kNames{".DS_Store", "Thumbs.db", "desktop.ini"};
    return name.starts_with("._") || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// Calls `read(file, name)` for the files of a run's metrics, parameters or tags.
template <class Read>
void eachFile(const fs::path& folder, std::vector<std::string>& warnings, const Read& read) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) return;
    const auto files = filesBelow(folder, warnings);
    if (!files) return warnings.push_back(files.error().message);
    for (const fs::path& file : *files)
        if (!isLitter(file.filename().string()))
            read(file, lossyUtf8(file.lexically_relative(folder).generic_string()));
}

void readTexts(const fs::path& folder, std::vector<std::pair<std::string, std::string>>& texts,
               std::vector<std::string>& warnings) {
    eachFile(folder, warnings, [&](const fs::path& file, const std::string& name) {
        const auto text = readFile(file, kLargestText);
        if (!text) return warnings.push_back(text.error().message);
        texts.emplace_back(name, lossyUtf8(*text));
    });
}

std::int64_t millisecondsOf(const std::string& meta, const char* key) {
    return parseNumber<std::int64_t>(yamlScalar(meta, key).value_or("")).value_or(0);
}

/// Adds the run whose meta.yaml this is; nothing for an experiment, a dataset or a logged model.
void readRun(const fs::path& file, bool trash, ForeignRuns& found) {
    std::error_code ignored;
    const fs::path home = file.parent_path();
    const auto meta = readFile(file, kLargestText);
    if (!meta) return found.warnings.push_back(meta.error().message);
    const auto scalar = [&](const char* key) {
        return lossyUtf8(yamlScalar(*meta, key).value_or(""));
    };
    const bool named = !scalar("run_id").empty() || !scalar("run_uuid").empty();
    const bool measured =
        fs::is_directory(home / "metrics", ignored) || fs::is_directory(home / "params", ignored);
    if (!scalar("model_id").empty() || (!named && !measured)) return;
    if (trash || scalar("lifecycle_stage") == "deleted") {
        ++found.deleted;
        return;
    }
    ForeignRun run;
    run.folder = home;
    run.source = named ? scalar("run_id") : home.filename().string();
    if (run.source.empty()) run.source = scalar("run_uuid");
    run.name = scalar("run_name");
    run.status = mlflowStatus(scalar("status"));
    run.startedMs = millisecondsOf(*meta, "start_time");
    run.finishedMs = millisecondsOf(*meta, "end_time");
    readTexts(home / "params", run.parameters, found.warnings);
    readTexts(home / "tags", run.tags, found.warnings);
    eachFile(home / "metrics", found.warnings,
             [&](const fs::path& metric, const std::string& name) {
                 readMetric(metric, name, run, found.warnings);
             });
    nameMlflowRun(run);
    found.runs.push_back(std::move(run));
}

/// MLflow moves experiments that are deleted there.
bool isTrash(const fs::path& file, const fs::path& folder) {
    const fs::path below = file.lexically_relative(folder);
    return std::find(below.begin(), below.end(), fs::path(".trash")) != below.end();
}

void appendRuns(ForeignRuns& all, Result<ForeignRuns> more) {
    if (!more) return all.warnings.push_back(more.error().message);
    all.deleted += more->deleted;
    std::move(more->runs.begin(), more->runs.end(), std::back_inserter(all.runs));
    std::move(more->warnings.begin(), more->warnings.end(), std::back_inserter(all.warnings));
}

}  // namespace

Result<ForeignRuns> readMlflowRuns(const fs::path& from) {
    constexpr const char* kWhat = "run of MLflow";
    if (isSqliteFile(from)) {
        SKD_TRY(ForeignRuns found, readMlflowDatabase(from));
        return foundIn(from, kWhat, std::move(found));
    }
    ForeignRuns found;
    SKD_TRY(const std::vector<fs::path> files, filesBelow(from, found.warnings));
    for (const fs::path& file : files)
        if (file.filename() == "meta.yaml") readRun(file, isTrash(file, from), found);
    if (isSqliteFile(from / "mlflow.db")) appendRuns(found, readMlflowDatabase(from / "mlflow.db"));
    return foundIn(from, kWhat, std::move(found));
}

}  // namespace skd
