#pragma once

#include <QString>

namespace skd {

/// What a user set once and for all; kept in QSettings.
struct Preferences {
    double textScale = 1;  ///< 0.8 to 2
    int threads = 0;       ///< of the engine; 0 = all cores
    QString
        workspaceFolder;  ///< of the workspace that opens by itself; "" = the user's data folder
    QString language;     ///< "de"; "" = the system's
    bool notifications = true;  ///< at the end of long runs
    bool inhibitSleep = true;   ///< while a run is running
    int smoothing = 0;          ///< of live curves, percent
    bool operator==(const Preferences&) const = default;

    /// Values outside their range become the nearest inside.
    static Preferences load();
    void save() const;
};

}  // namespace skd
