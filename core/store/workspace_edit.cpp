#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "store/run_writer.h"
#include "store/write_connection.h"

namespace skd {
namespace {

using Made = Result<std::int64_t>;

/// `id` where the table has no row of it, so that what comes back keeps its number; else nothing,
/// for a new one.
std::optional<std::int64_t> freeId(SQLite::Database& db, const char* table, std::int64_t id) {
    const bool taken =
        findNumber(db, strCat("SELECT 1 FROM ", table, " WHERE id = ?"), id).has_value();
    return id > 0 && !taken ? std::optional(id) : std::nullopt;
}

std::int64_t timeOr(std::int64_t given, std::int64_t now) {
    return given > 0 ? given : now;
}

struct Apply {
    WriteConnection& workspace;

    /// One column of one run.
    Made set(const char* what, RunId run, const char* column, const std::string& value) const {
        return none(workspace.update(
            what, run, strCat("UPDATE runs SET ", column, " = ? WHERE id = ?"), value));
    }

    /// One row of a table that users add rows to; NotFound where it is gone already.
    Made remove(const char* table, const char* what, std::int64_t id) const {
        return workspace.transact(
            strCat("cannot remove a ", what, " from"), [&](SQLite::Database& db) -> Made {
                if (execute(db, strCat("DELETE FROM ", table, " WHERE id = ?"), id) > 0) return 0;
                return fail(ErrorCode::NotFound, strCat("there is no ", what, " ", id, " in ",
                                                        workspace.file().string()));
            });
    }

    static Made none(const Status& status) {
        return status.map([] { return std::int64_t{0}; });
    }

    Made operator()(const RenameRun& edit) const {
        return set("cannot rename a run in", edit.run, "name", edit.name);
    }
    Made operator()(const SetNotes& edit) const {
        return set("cannot write notes in", edit.run, "notes", edit.notes);
    }
    Made operator()(const SetTags& edit) const {
        std::vector<std::string> tags = edit.tags;
        std::erase(tags, "");
        std::sort(tags.begin(), tags.end());
        tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
        return set("cannot write tags in", edit.run, "tags", dumpJson(Json(tags)));
    }
    Made operator()(const SetColor& edit) const {
        const std::string& color = edit.color;
        const auto isHex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
        if (!color.empty() && (color.size() != 7 || color[0] != '#' ||
                               !std::all_of(color.begin() + 1, color.end(), isHex)))
            return fail(ErrorCode::InvalidInput,
                        strCat("\"", color,
                               "\" is no colour; write #rrggbb, or nothing for the palette's own"));
        return set("cannot write a colour in", edit.run, "color", color);
    }
    Made operator()(const DeleteRun& edit) const {
        return workspace.transact("cannot delete a run in", [&](SQLite::Database& db) -> Made {
            SKD_CHECK(workspace.requireRun(db, edit.run));
            if (execute(db,
                        "UPDATE runs SET deleted = 1 WHERE id = ? AND status NOT IN ('running', "
                        "'queued')",
                        edit.run) > 0)
                return 0;
            return fail(ErrorCode::Busy, strCat("run ", edit.run.value(),
                                                " is still running; stop it before you delete it"));
        });
    }
    Made operator()(const RestoreRun& edit) const {
        return none(workspace.update("cannot restore a run in", edit.run,
                                     "UPDATE runs SET deleted = 0 WHERE id = ?"));
    }
    Made operator()(const Annotate& edit) const {
        const AnnotationRow& row = edit.annotation;
        return workspace.transact("cannot annotate a run in", [&](SQLite::Database& db) -> Made {
            SKD_CHECK(workspace.requireRun(db, row.run));
            return insertRow(db, "annotations(id, run_id, metric, step, text, created_ms)",
                             freeId(db, "annotations", row.id.value()), row.run, row.metric,
                             row.step, row.text, timeOr(row.createdMs, nowMs()));
        });
    }
    Made operator()(const RemoveAnnotation& edit) const {
        return remove("annotations", "annotation", edit.annotation.value());
    }
    Made operator()(const KeepMeasurement& edit) const {
        const MeasurementRow& row = edit.measurement;
        return workspace.transact(
            "cannot keep a measurement in", [&](SQLite::Database& db) -> Made {
                return insertRow(db, "measurements(id, kind, title, created_ms, document)",
                                 freeId(db, "measurements", row.id.value()), row.kind, row.title,
                                 timeOr(row.createdMs, nowMs()), dumpJson(row.document));
            });
    }
    Made operator()(const RemoveMeasurement& edit) const {
        return remove("measurements", "measurement", edit.measurement.value());
    }
    Made operator()(const SaveView& edit) const {
        const ViewRow& row = edit.view;
        const std::string document = dumpJson(row.document);
        return workspace.transact("cannot save a view in", [&](SQLite::Database& db) -> Made {
            if (row.id.value() > 0 &&
                execute(db,
                        "UPDATE views SET position = ?, name = ?, page = ?, document = ? WHERE id "
                        "= ?",
                        row.position, row.name, row.page, document, row.id) > 0)
                return row.id.value();
            return insertRow(db, "views(id, position, name, page, document, created_ms)",
                             freeId(db, "views", row.id.value()), row.position, row.name, row.page,
                             document, nowMs());
        });
    }
    Made operator()(const RemoveView& edit) const {
        return remove("views", "view", edit.view.value());
    }
};

}  // namespace

Result<std::int64_t> RunWriter::apply(const WorkspaceEdit& edit) {
    return std::visit(Apply{*m_connection}, edit);
}

}  // namespace skd
