#include "exchange/foreign_runs.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "base/files.h"
#include "base/text.h"
#include "exchange/tensorboard_file.h"

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

template <class Value>
bool parse(std::string_view text, Value& value) {
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && stop == text.data() + text.size();
}

/// Python's spellings of what is not finite included.
bool parseNumber(std::string_view text, double& value) {
    if (text == "nan" || text == "NaN")
        value = std::nan("");
    else if (text == "inf" || text == "Infinity")
        value = HUGE_VAL;
    else if (text == "-inf" || text == "-Infinity")
        value = -HUGE_VAL;
    else
        return parse(text, value);
    return true;
}

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin < line.size();) {
        const std::size_t end = std::min(line.find(' ', begin), line.size());
        if (end > begin) parts.push_back(line.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

Status readMetric(const fs::path& file, const std::string& name, std::vector<MetricRow>& rows) {
    SKD_TRY(const std::string text, readFile(file, kLargestFile));
    const std::vector<std::string_view> lines = splitLines(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::vector<std::string_view> parts = words(lines[i]);
        if (parts.empty()) continue;
        MetricRow row;
        row.name = name;
        // Very old files have no step.
        const bool good = (parts.size() == 2 || parts.size() == 3) && parse(parts[0], row.timeMs) &&
                          parseNumber(parts[1], row.value) &&
                          (parts.size() == 2 || parse(parts[2], row.step));
        if (!good)
            return fail(ErrorCode::Corrupt,
                        strCat(file.string(), ", line ", i + 1, " is not `timestamp value step`"));
        rows.push_back(std::move(row));
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

}  // namespace skd
