#include "store/workspace_editor.h"

#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "store/write_connection.h"

namespace skd {

WorkspaceEditor::WorkspaceEditor(std::unique_ptr<WriteConnection> connection)
    : m_connection(std::move(connection)) {}
WorkspaceEditor::~WorkspaceEditor() = default;

Status WorkspaceEditor::rename(RunId run, const std::string& name) {
    return m_connection->update("cannot rename a run in", run,
                                "UPDATE runs SET name = ? WHERE id = ?", name);
}

Status WorkspaceEditor::setNotes(RunId run, const std::string& notes) {
    return m_connection->update("cannot write notes in", run,
                                "UPDATE runs SET notes = ? WHERE id = ?", notes);
}

Status WorkspaceEditor::softDelete(RunId run) {
    return m_connection->transact("cannot delete a run in", [&](SQLite::Database& db) -> Status {
        SKD_CHECK(m_connection->requireRun(db, run));
        if (execute(db,
                    "UPDATE runs SET deleted = 1 WHERE id = ? AND status NOT IN ('running', "
                    "'queued')",
                    run.value()) > 0)
            return {};
        return fail(ErrorCode::Busy,
                    strCat("run ", run.value(), " is still running; stop it before you delete it"));
    });
}

Status WorkspaceEditor::restore(RunId run) {
    return m_connection->update("cannot restore a run in", run,
                                "UPDATE runs SET deleted = 0 WHERE id = ?");
}

Status WorkspaceEditor::setTags(RunId run, std::vector<std::string> tags) {
    std::erase(tags, "");
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return m_connection->update("cannot write tags in", run,
                                "UPDATE runs SET tags = ? WHERE id = ?", dumpJson(Json(tags)));
}

Status WorkspaceEditor::setColor(RunId run, const std::string& color) {
    const auto isHex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    if (!color.empty() && (color.size() != 7 || color[0] != '#' ||
                           !std::all_of(color.begin() + 1, color.end(), isHex)))
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", color,
                           "\" is no colour; write #rrggbb, or nothing for the palette's own"));
    return m_connection->update("cannot write a colour in", run,
                                "UPDATE runs SET color = ? WHERE id = ?", color);
}

namespace {

/// `id` where the table has no row of it, so that what comes back keeps its number; else 0, for a
/// new one.
std::int64_t freeId(SQLite::Database& db, const char* table, std::int64_t id) {
    SQLite::Statement taken(db, strCat("SELECT 1 FROM ", table, " WHERE id = ?"));
    taken.bind(1, id);
    return id > 0 && !taken.executeStep() ? id : 0;
}

}  // namespace

Result<AnnotationId> WorkspaceEditor::annotate(const AnnotationRow& annotation) {
    return m_connection->transact(
        "cannot annotate a run in", [&](SQLite::Database& db) -> Result<AnnotationId> {
            SKD_CHECK(m_connection->requireRun(db, annotation.run));
            execute(db,
                    "INSERT INTO annotations(id, run_id, metric, step, text, created_ms) "
                    "VALUES(nullif(?, 0), ?, ?, ?, ?, ?)",
                    freeId(db, "annotations", annotation.id.value()), annotation.run.value(),
                    annotation.metric, annotation.step, annotation.text,
                    annotation.createdMs > 0 ? annotation.createdMs : nowMs());
            return AnnotationId(db.getLastInsertRowid());
        });
}

Status WorkspaceEditor::removeAnnotation(AnnotationId id) {
    return m_connection->removeRow("annotations", "annotation", id.value());
}

Result<MeasurementId> WorkspaceEditor::keepMeasurement(const MeasurementRow& measurement) {
    return m_connection->transact(
        "cannot keep a measurement in", [&](SQLite::Database& db) -> Result<MeasurementId> {
            execute(db,
                    "INSERT INTO measurements(id, kind, title, created_ms, document) "
                    "VALUES(nullif(?, 0), ?, ?, ?, ?)",
                    freeId(db, "measurements", measurement.id.value()), measurement.kind,
                    measurement.title, measurement.createdMs > 0 ? measurement.createdMs : nowMs(),
                    dumpJson(measurement.document));
            return MeasurementId(db.getLastInsertRowid());
        });
}

Status WorkspaceEditor::removeMeasurement(MeasurementId id) {
    return m_connection->removeRow("measurements", "measurement", id.value());
}

Result<ViewId> WorkspaceEditor::saveView(const ViewRow& view) {
    return m_connection->transact(
        "cannot save a view in", [&](SQLite::Database& db) -> Result<ViewId> {
            const std::string document = dumpJson(view.document);
            if (view.id.value() > 0 &&
                execute(
                    db,
                    "UPDATE views SET position = ?, name = ?, page = ?, document = ? WHERE id = ?",
                    view.position, view.name, view.page, document, view.id.value()) > 0)
                return view.id;
            execute(db,
                    "INSERT INTO views(id, position, name, page, document, created_ms) "
                    "VALUES(nullif(?, 0), ?, ?, ?, ?, ?)",
                    freeId(db, "views", view.id.value()), view.position, view.name, view.page,
                    document, nowMs());
            return ViewId(db.getLastInsertRowid());
        });
}

Status WorkspaceEditor::removeView(ViewId id) {
    return m_connection->removeRow("views", "view", id.value());
}

}  // namespace skd
