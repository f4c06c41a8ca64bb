#include "exchange/runs_tool.h"

#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "exchange/run_archive.h"
#include "exchange/run_curves.h"
#include "store/run_folder.h"
#include "store/run_paths.h"
#include "store/run_store.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

Json entriesOf(const std::vector<ArchiveImport::Entry>& entries) {
    Json list = Json::array();
    for (const ArchiveImport::Entry& entry : entries)
        list.push_back(
            {{"run", entry.run.value()}, {"name", entry.name}, {"source", entry.source.value()}});
    return list;
}

/// Puts back the models that came along.
Result<Json> restoreModels(const fs::path& workspace, const fs::path& archive,
                           const ArchiveImport& taken) {
    const RunPaths paths = RunPaths::of(workspace);
    Json restored = Json::array();
    for (const ArchiveImport::Entry& entry : taken.imported) {
        SKD_TRY(const std::vector<std::string> names,
                restoreFiles(archive, entry.source, paths.run(entry.run)));
        if (!names.empty()) restored.push_back(entry.run.value());
    }
    return restored;
}

Result<Json> importArchiveFile(const fs::path& workspace, const fs::path& from) {
    SKD_TRY(const ArchiveImport taken, importArchive(workspace, from));
    if (taken.imported.empty() && !taken.known.empty())
        return fail(ErrorCode::InvalidInput,
                    strCat(from.string(), " has been imported already: its ",
                           taken.known.size() == 1 ? "run is run " : "first run is run ",
                           taken.known.front().run.value(), " of ", workspace.string()));
    SKD_TRY(const Json weights, restoreModels(workspace, from, taken));
    return Json{{"imported", entriesOf(taken.imported)},
                {"known", entriesOf(taken.known)},
                {"weights", weights}};
}

}  // namespace

Result<std::vector<RunId>> chosenRuns(const RunStore& store, const RunsExportRequest& request) {
    std::vector<RunId> runs = request.runs;
    if (!request.study.empty()) {
        SKD_TRY(const std::vector<StudyRow> studies, store.studies());
        bool found = false;
        for (const StudyRow& study : studies) {
            if (study.name != request.study) continue;
            found = true;
            SKD_TRY(const std::vector<RunDetails> members, store.studyRuns(study.id));
            for (const RunDetails& member : members) runs.push_back(member.row.id);
        }
        if (!found)
            return fail(ErrorCode::NotFound, strCat("there is no study \"", request.study, "\" in ",
                                                    request.workspace.string()));
    }
    std::sort(runs.begin(), runs.end());
    runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
    if (runs.empty())
        return fail(ErrorCode::InvalidInput,
                    "no runs are given; name them, or a study with --study");
    return runs;
}

Result<Json> exportRuns(const RunsExportRequest& request) {
    if (request.out.empty())
        return fail(ErrorCode::InvalidInput, "no file is given to export to; name one with --out");
    SKD_TRY(const auto store, RunStore::open(request.workspace));
    SKD_TRY(const std::vector<RunId> runs, chosenRuns(*store, request));
    ArchiveRequest archive{request.workspace, runs, request.out, request.replace, {}};
    Json with = Json::array(), without = Json::array(), numbers = Json::array();
    const RunPaths paths = RunPaths::of(request.workspace);
    std::error_code ignored;
    for (const RunId run : runs) {
        numbers.push_back(run.value());
        if (!request.weights) continue;
        const fs::path model = RunFolder(paths.run(run)).final();
        const bool there = fs::is_regular_file(model, ignored);
        if (there) archive.files[run.value()].push_back({model.filename().string(), model});
        (there ? with : without).push_back(run.value());
    }
    SKD_CHECK(writeArchive(archive));
    return Json{{"out", request.out.string()},
                {"bytes", fs::file_size(request.out, ignored)},
                {"runs", numbers},
                {"weights", with},
                {"without_weights", without}};
}

Result<Json> importRuns(const fs::path& workspace, const fs::path& from, ImportFormat format) {
    return format == ImportFormat::Archive ? importArchiveFile(workspace, from)
                                           : importForeign(workspace, from, format);
}

}  // namespace skd
