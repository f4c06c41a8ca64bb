#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "store/run_writer_state.h"

namespace skd {

Status RunWriter::rename(RunId run, const std::string& name) {
    return m_implementation->update("cannot rename a run in", run,
                                    "UPDATE runs SET name = ? WHERE id = ?", name);
}

Status RunWriter::setNotes(RunId run, const std::string& notes) {
    return m_implementation->update("cannot write notes in", run,
                                    "UPDATE runs SET notes = ? WHERE id = ?", notes);
}

Status RunWriter::softDelete(RunId run) {
    return m_implementation->transact(
        "cannot delete a run in", [&](SQLite::Database& db) -> Status {
            SKD_CHECK(m_implementation->requireRun(db, run));
            if (execute(db,
                        "UPDATE runs SET deleted = 1 WHERE id = ? AND status NOT IN ('running', "
                        "'queued')",
                        run.value()) > 0)
                return {};
            return fail(
                ErrorCode::Busy,
                strCat("run ", run.value(), " is still going on; stop it before you delete it"));
        });
}

Status RunWriter::restore(RunId run) {
    return m_implementation->update("cannot restore a run in", run,
                                    "UPDATE runs SET deleted = 0 WHERE id = ?");
}

Status RunWriter::setTags(RunId run, std::vector<std::string> tags) {
    std::erase(tags, "");
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return m_implementation->update("cannot write tags in", run,
                                    "UPDATE runs SET tags = ? WHERE id = ?", dumpJson(Json(tags)));
}

Status RunWriter::setColor(RunId run, const std::string& color) {
    const auto isHex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    if (!color.empty() && (color.size() != 7 || color[0] != '#' ||
                           !std::all_of(color.begin() + 1, color.end(), isHex)))
        return fail(ErrorCode::InvalidInput,
                    strCat("\"", color,
                           "\" is no colour; write #rrggbb, or nothing for the palette's own"));
    return m_implementation->update("cannot write a colour in", run,
                                    "UPDATE runs SET color = ? WHERE id = ?", color);
}

Result<AnnotationId> RunWriter::annotate(const AnnotationRow& annotation) {
    return m_implementation->transact(
        "cannot annotate a run in", [&](SQLite::Database& db) -> Result<AnnotationId> {
            SKD_CHECK(m_implementation->requireRun(db, annotation.run));
            execute(db,
                    "INSERT INTO annotations(run_id, metric, step, text, created_ms) VALUES(?, ?, "
                    "?, ?, ?)",
                    annotation.run.value(), annotation.metric, annotation.step, annotation.text,
                    annotation.createdMs > 0 ? annotation.createdMs : nowMs());
            return AnnotationId(db.getLastInsertRowid());
        });
}

Status RunWriter::removeAnnotation(AnnotationId id) {
    return m_implementation->removeRow("annotations", "annotation", id.value());
}

Result<MeasurementId> RunWriter::keepMeasurement(const MeasurementRow& measurement) {
    return m_implementation->transact(
        "cannot keep a measurement in", [&](SQLite::Database& db) -> Result<MeasurementId> {
            execute(
                db,
                "INSERT INTO measurements(kind, title, created_ms, document) VALUES(?, ?, ?, ?)",
                measurement.kind, measurement.title,
                measurement.createdMs > 0 ? measurement.createdMs : nowMs(),
                dumpJson(measurement.document));
            return MeasurementId(db.getLastInsertRowid());
        });
}

Status RunWriter::removeMeasurement(MeasurementId id) {
    return m_implementation->removeRow("measurements", "measurement", id.value());
}

Result<ViewId> RunWriter::saveView(const ViewRow& view) {
    return m_implementation->transact(
        "cannot save a view in", [&](SQLite::Database& db) -> Result<ViewId> {
            const std::string document = dumpJson(view.document);
            if (view.id.value() > 0 &&
                execute(
                    db,
                    "UPDATE views SET position = ?, name = ?, page = ?, document = ? WHERE id = ?",
                    view.position, view.name, view.page, document, view.id.value()) > 0)
                return view.id;
            execute(db,
                    "INSERT INTO views(position, name, page, document, created_ms) VALUES(?, ?, ?, "
                    "?, ?)",
                    view.position, view.name, view.page, document, nowMs());
            return ViewId(db.getLastInsertRowid());
        });
}

Status RunWriter::removeView(ViewId id) {
    return m_implementation->removeRow("views", "view", id.value());
}

}  // namespace skd
