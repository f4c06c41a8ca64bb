#pragma once

#include <string>
#include <vector>

#include "bridge/workspace.h"

namespace skd {

/// The measurements of one kind that the workspace keeps, newest first, and which of them is shown.
/// Documents are not read here: they may be large.
class KeptMeasurements : public QObject {
    Q_OBJECT
public:
    KeptMeasurements(Workspace& workspace, std::string kind, QObject* parent = nullptr);

    [[nodiscard]] const std::vector<MeasurementRow>& rows() const { return m_rows; }
    [[nodiscard]] MeasurementId current() const { return m_current; }
    [[nodiscard]] bool loaded() const { return m_loaded; }
    /// Reads the list; shows `wanted` where it is there, else what was shown, else the newest.
    void refresh(MeasurementId wanted = {});
    void choose(MeasurementId id);

Q_SIGNALS:
    void listChanged();
    /// 0: nothing is kept.
    void chosen(skd::MeasurementId id);

private:
    void take(std::vector<MeasurementRow> rows, MeasurementId wanted);
    [[nodiscard]] bool has(MeasurementId id) const;
    Workspace& m_workspace;
    std::string m_kind;
    std::vector<MeasurementRow> m_rows;
    MeasurementId m_current;
    bool m_loaded = false;
};

}  // namespace skd
