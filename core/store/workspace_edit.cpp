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

    /// One of the rows that users add, such as a "view"; NotFound where it is gone already.
    template <class Id>
    Made remove(SealedPart part, Id id) const {
        const std::string what = enumName(part);
        return workspace.transact(
            "cannot remove a " + what + " from", [&](SQLite::Database& db) -> Made {
                unseal(db, part, id.value());
                if (execute(db, "DELETE FROM " + what + "s WHERE id = ?", id) > 0) return 0;
                return missing(what, id.value());
            });
    }

    [[nodiscard]] tl::unexpected<Error> missing(const std::string& what, std::int64_t id) const {
        return fail(ErrorCode::NotFound,
                    strCat("there is no ", what, " ", id, " in ", workspace.file().string()));
    }

    /// Adds a row that is a part of its own.
    template <class... Values>
    static std::int64_t addPart(SQLite::Database& db, SealedPart part, const std::string& into,
                                const Values&... values) {
        const std::int64_t id = insertRow(db, into, values...);
        seal(db, part, id);
        return id;
    }

    static Made none(const Status& status) {
        return status.map([] { return std::int64_t{0}; });
    }

    Made operator()(const RenameRun& e) const {
        return set("cannot rename a run in", e.run, "name", e.name);
    }
    Made operator()(const SetNotes& e) const {
        return set("cannot write notes in", e.run, "notes", e.notes);
    }
    Made operator()(const SetTags& e) const {
        std::vector<std::string> tags = e.tags;
        std::erase(tags, "");
        std::sort(tags.begin(), tags.end());
        tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
        return set("cannot write tags in", e.run, "tags", dumpJson(Json(tags)));
    }
    Made operator()(const SetColor& e) const {
        const std::string& color = e.color;
        const auto isHex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
        if (!color.empty() && (color.size() != 7 || color[0] != '#' ||
                               !std::all_of(color.begin() + 1, color.end(), isHex)))
            return fail(ErrorCode::InvalidInput,
                        strCat("\"", color,
                               "\" is no colour; write #rrggbb, or nothing for the palette's own"));
        return set("cannot write a colour in", e.run, "color", color);
    }
    Made operator()(const DeleteRun& e) const {
        return workspace.transact("cannot delete a run in", [&](SQLite::Database& db) -> Made {
            SKD_CHECK(workspace.requireRun(db, e.run));
            RunSeal seal(db, e.run);
            const bool deleted = execute(db,
                                         "UPDATE runs SET deleted = 1 WHERE id = ? AND status NOT "
                                         "IN ('running', 'queued')",
                                         e.run) > 0;
            seal.finish();
            if (deleted) return 0;
            return fail(ErrorCode::Busy, strCat("run ", e.run.value(),
                                                " is still running; stop it before you delete it"));
        });
    }
    Made operator()(const RestoreRun& e) const {
        return none(workspace.update("cannot restore a run in", e.run,
                                     "UPDATE runs SET deleted = 0 WHERE id = ?"));
    }
    Made operator()(const Annotate& e) const {
        const AnnotationRow& row = e.annotation;
        return workspace.transact("cannot annotate a run in", [&](SQLite::Database& db) -> Made {
            SKD_CHECK(workspace.requireRun(db, row.run));
            RunSeal seal(db, row.run);
            const std::int64_t id =
                insertRow(db, "annotations(id, run_id, metric, step, text, created_ms)",
                          freeId(db, "annotations", row.id.value()), row.run, row.metric, row.step,
                          row.text, timeOr(row.createdMs, nowMs()));
            seal.finish();
            return id;
        });
    }
    Made operator()(const RemoveAnnotation& e) const {
        return workspace.transact(
            "cannot remove an annotation from", [&](SQLite::Database& db) -> Made {
                const auto run =
                    findNumber(db, "SELECT run_id FROM annotations WHERE id = ?", e.annotation);
                if (!run) return missing("annotation", e.annotation.value());
                RunSeal seal(db, RunId(*run));
                execute(db, "DELETE FROM annotations WHERE id = ?", e.annotation);
                seal.finish();
                return 0;
            });
    }
    Made operator()(const KeepMeasurement& e) const {
        const MeasurementRow& row = e.measurement;
        return workspace.transact(
            "cannot keep a measurement in", [&](SQLite::Database& db) -> Made {
                return addPart(db, SealedPart::Measurement,
                               "measurements(id, kind, title, created_ms, document)",
                               freeId(db, "measurements", row.id.value()), row.kind, row.title,
                               timeOr(row.createdMs, nowMs()), dumpJson(row.document));
            });
    }
    Made operator()(const RemoveMeasurement& e) const {
        return remove(SealedPart::Measurement, e.measurement);
    }
    Made operator()(const SaveView& e) const {
        const ViewRow& row = e.view;
        const std::string document = dumpJson(row.document);
        return workspace.transact("cannot save a view in", [&](SQLite::Database& db) -> Made {
            if (row.id.value() > 0 &&
                execute(db,
                        "UPDATE views SET position = ?, name = ?, page = ?, document = ? WHERE id "
                        "= ?",
                        row.position, row.name, row.page, document, row.id) > 0) {
                seal(db, SealedPart::View, row.id.value());
                return row.id.value();
            }
            return addPart(db, SealedPart::View,
                           "views(id, position, name, page, document, created_ms)",
                           freeId(db, "views", row.id.value()), row.position, row.name, row.page,
                           document, nowMs());
        });
    }
    Made operator()(const RemoveView& e) const { return remove(SealedPart::View, e.view); }
};

}  // namespace

Result<std::int64_t> RunWriter::apply(const WorkspaceEdit& edit) {
    return std::visit(Apply{*m_connection}, edit);
}

}  // namespace skd
