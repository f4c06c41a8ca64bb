#include "base/files.h"
#include "base/hash.h"
#include "base/resources.h"
#include "base/text.h"
#include "corpus/json_rows.h"
#include "eval/tasks/task_document.h"
#include "eval/tasks/task_text.h"

namespace skd {
namespace {

constexpr std::uint64_t kMostBytes = 1ull << 30;

struct LocatedRow {
    std::string where;
    Json row;
};

Result<std::vector<LocatedRow>> readLines(const std::string& name, const std::string& text) {
    std::vector<LocatedRow> rows;
    std::int64_t number = 0;
    for (const std::string_view line : splitLines(text)) {
        ++number;
        if (trimmed(line).empty()) continue;
        const std::string where = strCat(name, ":", number);
        SKD_TRY(Json row, located(parseRow(line), where));
        rows.push_back({where, std::move(row)});
    }
    return rows;
}

Result<std::vector<LocatedRow>> readRows(const std::string& name, const std::string& text) {
    if (!trimmed(text).starts_with("[")) return readLines(name, text);
    SKD_TRY(Json list, located(parseJson(text), name));
    std::vector<LocatedRow> rows;
    for (Json& row : list) rows.push_back({strCat(name, ", entry ", rows.size() + 1), row});
    return rows;
}

/// PIQA is published with its labels in a file of their own: of dev.jsonl, dev-labels.lst.
Result<std::vector<std::string>> labelsBeside(const std::filesystem::path& path) {
    std::filesystem::path labels = path;
    labels.replace_filename(path.stem().string() + "-labels.lst");
    std::error_code ignored;
    std::vector<std::string> list;
    if (!std::filesystem::exists(labels, ignored)) return list;
    SKD_TRY(const std::string text, readFile(labels, kMostBytes));
    for (const std::string_view line : splitLines(text))
        if (!trimmed(line).empty()) list.emplace_back(trimmed(line));
    return list;
}

Result<std::vector<std::string>> labelsFor(TaskKind kind, const std::filesystem::path& path,
                                           const std::vector<LocatedRow>& rows) {
    std::vector<std::string> labels;
    if (kind != TaskKind::Piqa || rows.front().row.contains("label")) return labels;
    SKD_TRY(labels, labelsBeside(path));
    if (!labels.empty() && labels.size() != rows.size())
        return fail(ErrorCode::Corrupt,
                    strCat(path.string(), " has ", rows.size(), " documents, but there are ",
                           labels.size(), " labels in the file beside it"));
    return labels;
}

}  // namespace

Result<TaskDocuments> readTaskDocuments(const TaskFile& file) {
    SKD_TRY(const std::filesystem::path path, resolveResource(file.path));
    SKD_TRY(const std::string text, readFile(path, kMostBytes));
    if (!isValidUtf8(text))
        return fail(ErrorCode::Corrupt, strCat(path.string(), " is not well-formed UTF-8"));
    SKD_TRY(std::vector<LocatedRow> rows, readRows(path.string(), text));
    if (rows.empty())
        return fail(ErrorCode::InvalidInput,
                    strCat(path.string(),
                           " has no documents; a task's file has a JSON object on "
                           "each line"));
    SKD_TRY(const std::vector<std::string> labels, labelsFor(file.kind, path, rows));
    TaskDocuments task{file.kind, file.path, sha256Hex(text), {}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        TaskDocument& document = task.documents.emplace_back();
        document.where = std::move(rows[i].where);
        document.row = std::move(rows[i].row);
        SKD_CHECK(
            located(readTaskRow(file.kind, labels.empty() ? std::string() : labels[i], document),
                    strCat(document.where, " (", enumName(file.kind), ")")));
    }
    return task;
}

}  // namespace skd
