#include "exchange/foreign_runs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "exchange/run_archive.h"
#include "exchange/tensorboard_file.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestFile = 1ull << 30;
constexpr int kDeepest = 12;
constexpr std::size_t kMostFolders = 100'000;

using Files = std::vector<fs::path>;

/// Regular files below a folder, sorted; links are not followed.
Result<Files> filesBelow(const fs::path& folder) {
    Files files;
    std::error_code error;
    std::size_t seen = 0;
    for (auto entry = fs::recursive_directory_iterator(folder, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (++seen > kMostFolders)
            return fail(ErrorCode::InvalidInput,
                        strCat(folder.string(), " holds more than ", kMostFolders,
                               " entries; name a folder further down"));
        if (entry.depth() > kDeepest) entry.disable_recursion_pending();
        if (entry->is_regular_file(error) && !entry->is_symlink(error))
            files.push_back(entry->path());
    }
    if (error) return fail(ioError("cannot read the folder", folder, error.value()));
    std::sort(files.begin(), files.end());
    return files;
}

/// Python's spellings of what is not finite included.
std::optional<double> pythonNumber(std::string_view text) {
    if (text == "nan" || text == "NaN") return std::nan("");
    if (text == "inf" || text == "Infinity") return HUGE_VAL;
    if (text == "-inf" || text == "-Infinity") return -HUGE_VAL;
    return parseNumber<double>(text);
}

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0, end = 0; begin < line.size(); begin = end + 1) {
        end = std::min(line.find(' ', begin), line.size());
        if (end > begin) parts.push_back(line.substr(begin, end - begin));
    }
    return parts;
}

Status readMetric(const fs::path& file, const std::string& name, std::vector<MetricRow>& rows) {
    SKD_TRY(const std::string text, readFile(file, kLargestFile));
    const std::vector<std::string_view> lines = splitLines(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::vector<std::string_view> parts = words(lines[i]);
        if (parts.empty()) continue;
        if (parts.size() == 2) parts.push_back("0");  // very old files have no step
        const bool three = parts.size() == 3;
        if (!three) parts.resize(3);  // nothing is no number
        const auto time = parseNumber<std::int64_t>(parts[0]);
        const auto value = pythonNumber(parts[1]);
        const auto step = parseNumber<std::int64_t>(parts[2]);
        if (!three || !time || !value || !step)
            return fail(ErrorCode::Corrupt,
                        strCat(file.string(), ", line ", i + 1, " is not `timestamp value step`"));
        rows.push_back({name, *step, *value, *time});
    }
    return {};
}

/// `key: value` of meta.yaml, in quotes or without.
std::string yamlValue(const std::string& text, const std::string& key) {
    for (std::string_view line : splitLines(text)) {
        if (!line.starts_with(key + ":")) continue;
        std::string value(line.substr(key.size() + 1));
        std::erase_if(value, [](char c) { return c == '\'' || c == '"' || c == '\r'; });
        value.erase(0, value.find_first_not_of(' '));
        return value;
    }
    return "";
}

Result<std::vector<std::pair<std::string, std::string>>> readTexts(const fs::path& folder) {
    std::vector<std::pair<std::string, std::string>> texts;
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) return texts;
    SKD_TRY(const Files files, filesBelow(folder));
    for (const fs::path& file : files) {
        SKD_TRY(std::string text, readFile(file, 1 << 20));
        if (isValidUtf8(text))
            texts.emplace_back(fs::relative(file, folder).generic_string(), std::move(text));
    }
    return texts;
}

Result<ForeignRun> readMlflowRun(const fs::path& folder) {
    ForeignRun run;
    run.folder = folder;
    std::error_code ignored;
    SKD_TRY(const std::string meta, readFile(folder / "meta.yaml", 1 << 20));
    run.name = yamlValue(meta, "run_name");
    SKD_TRY(run.parameters, readTexts(folder / "params"));
    SKD_TRY(run.tags, readTexts(folder / "tags"));
    for (const auto& [key, value] : run.tags)
        if (key == "mlflow.runName" && run.name.empty()) run.name = value;
    if (run.name.empty()) run.name = folder.filename().string();
    if (!fs::is_directory(folder / "metrics", ignored)) return run;
    SKD_TRY(const Files files, filesBelow(folder / "metrics"));
    for (const fs::path& file : files)
        SKD_CHECK(
            readMetric(file, fs::relative(file, folder / "metrics").generic_string(), run.metrics));
    return run;
}

tl::unexpected<Error> nothing(const fs::path& folder, const char* what) {
    return fail(ErrorCode::NotFound, strCat("there is no ", what, " in ", folder.string(),
                                            "; check the path and the format"));
}

Json pairs(const std::vector<std::pair<std::string, std::string>>& list) {
    Json json = Json::object();
    for (const auto& [key, value] : list) json[key] = value;
    return json;
}

/// What of a foreign run makes it itself: its name and all its values.
std::string keyOf(const ForeignRun& run, const char* kind) {
    Sha256 hash;
    hash.update(strCat(kind, "\n", run.name, "\n"));
    for (const MetricRow& row : run.metrics)
        hash.update(
            strCat(row.name, " ", row.step, " ", dumpJson(Json(row.value)), " ", row.timeMs, "\n"));
    return hash.hex().substr(0, 32);
}

Result<std::set<std::string>> originsIn(const fs::path& workspace) {
    std::set<std::string> keys;
    SKD_TRY(const auto store, RunStore::open(workspace));
    SKD_TRY(const std::vector<RunRow> rows, store->runs());
    for (const RunRow& row : rows)
        if (const auto details = store->details(row.id)) keys.insert(originKey(*details));
    return keys;
}

Result<RunId> take(RunWriter& writer, const ForeignRun& run, const char* kind,
                   const std::string& key) {
    const Json spec{
        {"imported", kind}, {"parameters", pairs(run.parameters)}, {"tags", pairs(run.tags)}};
    SKD_TRY(const RunId id, writer.createRun(run.name, spec, sha256Hex(dumpJson(spec))));
    SKD_CHECK(
        writer.markStarted(id, {{"origin", {{"key", key}, {"kind", kind}, {"name", run.name}}}}));
    writer.appendMetrics(id, run.metrics);
    SKD_CHECK(writer.flush());
    SKD_CHECK(writer.markStatus(id, RunStatus::Completed, strCat("imported from ", kind), {}));
    return id;
}

}  // namespace

Result<std::vector<ForeignRun>> readMlflowRuns(const fs::path& folder) {
    SKD_TRY(const Files files, filesBelow(folder));
    std::vector<ForeignRun> runs;
    std::error_code ignored;
    for (const fs::path& file : files) {
        const fs::path home = file.parent_path();
        const bool isRun =
            file.filename() == "meta.yaml" && (fs::is_directory(home / "metrics", ignored) ||
                                               fs::is_directory(home / "params", ignored));
        if (!isRun) continue;
        SKD_TRY(ForeignRun run, readMlflowRun(home));
        runs.push_back(std::move(run));
    }
    if (runs.empty()) return nothing(folder, "run of MLflow");
    return runs;
}

Result<std::vector<ForeignRun>> readTensorboardRuns(const fs::path& folder) {
    SKD_TRY(const Files files, filesBelow(folder));
    std::map<fs::path, ForeignRun> runs;
    for (const fs::path& file : files) {
        if (!isTensorboardName(file.filename().string())) continue;
        ForeignRun& run = runs[file.parent_path()];
        run.folder = file.parent_path();
        const std::string relative = fs::relative(run.folder, folder).generic_string();
        run.name = relative == "." ? fs::weakly_canonical(folder).filename().string() : relative;
        SKD_TRY(const std::vector<MetricRow> rows, readTensorboardFile(file));
        run.metrics.insert(run.metrics.end(), rows.begin(), rows.end());
    }
    std::vector<ForeignRun> all;
    for (auto& [path, run] : runs)
        if (!run.metrics.empty()) all.push_back(std::move(run));
    if (all.empty()) return nothing(folder, "TensorBoard scalar");
    return all;
}

Result<Json> importForeign(const fs::path& workspace, const fs::path& from, ImportFormat format) {
    const char* kind = format == ImportFormat::Mlflow ? "mlflow" : "tensorboard";
    std::error_code ignored;
    if (!fs::is_directory(from, ignored))
        return fail(ErrorCode::NotFound, strCat("there is no folder ", from.string()));
    SKD_TRY(const std::vector<ForeignRun> found,
            format == ImportFormat::Mlflow ? readMlflowRuns(from) : readTensorboardRuns(from));
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    SKD_TRY(const std::set<std::string> here, originsIn(workspace));
    Json imported = Json::array(), known = Json::array();
    for (const ForeignRun& run : found) {
        const std::string key = keyOf(run, kind);
        if (here.contains(key)) {
            known.push_back({{"name", run.name}});
            continue;
        }
        SKD_TRY(const RunId id, take(*writer, run, kind, key));
        imported.push_back(
            {{"run", id.value()}, {"name", run.name}, {"values", run.metrics.size()}});
    }
    if (imported.empty())
        return fail(ErrorCode::InvalidInput, strCat("all ", known.size(), " runs of ",
                                                    from.string(), " have been imported already"));
    return Json{{"imported", imported}, {"known", known}};
}

}  // namespace skd
