#pragma once

#include <QSize>
#include <QString>

#include "bridge/workspace.h"
#include "style/theme.h"

class QCoreApplication;

namespace skd {

/// What the command line of the window says.
struct AppOptions {
    QString workspace;    ///< "" = the user's own
    QString model;        ///< to open at once: a folder or a GGUF file
    QString screenshots;  ///< folder; "" = open the window
    std::optional<ThemeChoice> theme;
    std::optional<QSize> size;
    bool readOnly = false, demo = false;
};
/// Ends the program with a message where the command line is wrong, as QCommandLineParser does.
AppOptions parseOptions(const QCoreApplication& application);

/// The user's workspace; at the first start a copy of the recorded one that ships with the
/// program.
Result<QString> defaultWorkspace();
QString applicationVersion();

struct OpenedWorkspace {
    std::unique_ptr<Workspace> workspace;
    QString remark;  ///< why it is read-only, where that was not asked for
};
/// Opens a workspace with an engine; read-only where asked, or where another process owns it.
Result<OpenedWorkspace> openWorkspace(const QString& path, bool readOnly);

}  // namespace skd
