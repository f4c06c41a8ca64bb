#include "window/startup.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include "base/resources.h"
#include "base/text.h"
#include "style/preferences.h"

namespace skd {

namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(Options)
};

std::optional<QSize> parseSize(const QString& text) {
    const QStringList parts = text.split(QLatin1Char('x'));
    if (parts.size() != 2) return std::nullopt;
    const QSize size(parts[0].toInt(), parts[1].toInt());
    return size.width() >= 400 && size.height() >= 300 ? std::optional(size) : std::nullopt;
}

/// By its content where it is there, by its name where it is to be made.
bool isWorkspace(const QString& path) {
    QFile file(path);
    if (!QFileInfo(path).isFile())
        return path.endsWith(QLatin1String(".sqlite")) || path.endsWith(QLatin1String(".skdw"));
    return file.open(QIODevice::ReadOnly) && file.read(15) == "SQLite format 3";
}

[[noreturn]] void refuse(const QString& message) {
    std::fputs(qPrintable(message + QLatin1Char('\n')), stderr);
    std::exit(2);
}

void takeFile(const QStringList& files, AppOptions& options) {
    if (files.isEmpty()) return;
    if (files.size() > 1)
        refuse(Texts::tr("%1 files are given; one window opens one of them").arg(files.size()));
    const QString path = QFileInfo(files.front()).absoluteFilePath();
    if (isWorkspace(path))
        options.workspace = path;
    else if (QFileInfo::exists(path))
        options.model = path;
    else
        refuse(Texts::tr("there is no %1").arg(path));
}

/// A file that ships with the program, by its name below resources/; "" where it is missing.
QString shippedFile(const QString& name) {
    const auto file = resolveResource("resource:" + name.toStdString());
    return file ? asText(*file) : QString();
}

/// Another process owns it, or its folder cannot be written to: what is in it can be looked at all
/// the same.
bool stillReadable(ErrorCode code, const QString& path) {
    if (code == ErrorCode::Busy) return true;
    return (code == ErrorCode::Io || code == ErrorCode::NoSpace) &&
           RunStore::open(path.toStdString()).has_value();
}

}  // namespace

AppOptions parseOptions(const QCoreApplication& application) {
    QCommandLineParser parser;
    parser.setApplicationDescription(Texts::tr("Compress language models by hand and by eye."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addOptions(
        {{"workspace", Texts::tr("workspace to open"), "file"},
         {"screenshots",
          QCoreApplication::translate(
              "Options", "render every page, dark and light, as PNG into a folder and end"),
          "folder"},
         {"theme", Texts::tr("dark, light or system"), "name"},
         {"size", Texts::tr("size of the window, e.g. 1440x900"), "WxH"},
         {"read-only", Texts::tr("read-only: no engine, nothing is written")},
         {"demo", Texts::tr("start the demo run at once")}});
    parser.addPositionalArgument(
        "file", Texts::tr("a workspace, a GGUF file or a model folder to open"), "[file]");
    parser.process(application);
    AppOptions options;
    options.workspace = parser.value("workspace");
    takeFile(parser.positionalArguments(), options);
    options.screenshots = parser.value("screenshots");
    options.readOnly = parser.isSet("read-only") || !options.screenshots.isEmpty();
    options.demo = parser.isSet("demo");
    if (parser.isSet("size")) {
        options.size = parseSize(parser.value("size"));
        if (!options.size)
            refuse(Texts::tr("--size %1: width x height is needed, e.g. 1440x900")
                       .arg(parser.value("size")));
    }
    if (const QString theme = parser.value("theme"); !theme.isEmpty()) {
        options.theme = themeChoiceFrom(theme);
        if (theme != QLatin1String(themeChoiceName(*options.theme)))
            refuse(Texts::tr("--theme %1: there are dark, light and system").arg(theme));
    }
    return options;
}

QString applicationVersion() {
    return QStringLiteral(SKD_VERSION);
}

Result<QString> defaultWorkspace() {
    const QString chosen = Preferences::load().workspaceFolder;
    const QString folder = chosen.isEmpty() ? asText(userDataFolder())  // the command line's, too
                                            : chosen;
    if (!QDir().mkpath(folder))
        return fail(ErrorCode::Io,
                    strCat("the folder ", folder.toStdString(),
                           " for the workspace cannot be created: is its disk there, and may you "
                           "write to it? --workspace FILE opens another one"));
    const QString path = QDir(folder).filePath("workspace.sqlite");
    const QString shipped = shippedFile("demo/workspace.sqlite");
    if (QFileInfo::exists(path) || shipped.isEmpty()) return path;
    // Under a name of its own first: an interrupted copy must not pass for the workspace.
    const QString partial = path + QStringLiteral(".new");
    QFile::remove(partial);
    if (!QFile::copy(shipped, partial))
        return fail(
            ErrorCode::Io,
            strCat("the recorded workspace cannot be copied to ", folder.toStdString(),
                   ": is the disk full or read-only? --workspace FILE opens one elsewhere"));
    QFile::setPermissions(partial, QFile::ReadOwner | QFile::WriteOwner);
    if (!QFile::rename(partial, path))
        return fail(ErrorCode::Io, strCat(path.toStdString(), " cannot be created"));
    return path;
}

Result<OpenedWorkspace> openWorkspace(const QString& path, bool readOnly) {
    const std::filesystem::path file(path.toStdString());
    if (readOnly) {
        if (!QFileInfo::exists(path))
            return fail(ErrorCode::NotFound, strCat("there is no workspace ", path.toStdString()));
        return OpenedWorkspace{std::make_unique<Workspace>(file, nullptr), {}};
    }
    SessionOptions options;
    options.workspace = file;
    options.takeQueue = true;
    options.threads = Preferences::load().threads;
    auto session = makeSession(options);
    if (session) return OpenedWorkspace{std::make_unique<Workspace>(file, std::move(*session)), {}};
    if (!stillReadable(session.error().code, path)) return fail(session.error());
    const QString remark = Texts::tr("Read-only: %1").arg(asText(session.error()));
    const ReadOnlyReason reason = session.error().code == ErrorCode::Busy
                                      ? ReadOnlyReason::OtherProcess
                                      : ReadOnlyReason::NotWritable;
    return OpenedWorkspace{std::make_unique<Workspace>(file, nullptr, reason), remark};
}

}  // namespace skd
