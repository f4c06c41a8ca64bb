#include "bridge/model_names.h"

#include <QFileInfo>

#include "spec/model_name.h"
#include "spec/run_reference.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

ModelNames::ModelNames(Workspace& workspace, QObject* parent)
    : QObject(parent), m_workspace(workspace) {
    connect(&workspace, &Workspace::runsChanged, this, [this] { m_dirty = true; });
}

void ModelNames::refresh() {
    if (!m_dirty) return;
    m_dirty = false;
    m_workspace.reader().ask(
        this, [](const RunStore& store) { return store.runs(); },
        [this](Result<std::vector<RunRow>> rows) {
            m_loaded = true;
            m_runs.clear();
            if (rows)
                for (RunRow& row : *rows) m_runs.emplace(row.id.value(), std::move(row));
            Q_EMIT changed();
        });
}

std::optional<RunId> ModelNames::runOf(const QString& path) {
    if (!path.startsWith(QLatin1String("run:"))) return std::nullopt;
    bool number = false;
    const qint64 id = path.mid(4).section(QLatin1Char('@'), 0, 0).toLongLong(&number);
    return number && id > 0 ? std::optional(RunId(id)) : std::nullopt;
}

QString ModelNames::pathOf(RunId run) {
    return QStringLiteral("run:%1").arg(run.value());
}

bool ModelNames::isSlice(const QString& path) {
    const auto reference = parseRunReference(path.toStdString());
    return reference && *reference && (*reference)->removed;
}

const RunRow* ModelNames::row(RunId run) const {
    const auto found = m_runs.find(run.value());
    return found != m_runs.end() ? &found->second : nullptr;
}

QString ModelNames::shortTitle(const QString& path) const {
    const auto run = runOf(path);
    if (run && row(*run) != nullptr) {
        const QString name = asText(row(*run)->name);
        const auto reference = parseRunReference(path.toStdString());
        if (!reference || !*reference) return path;
        QStringList parts{name};
        if ((*reference)->step) parts << tr("step %1").arg(*(*reference)->step);
        if ((*reference)->removed)
            parts << tr("%1 removed").arg(formatPercent(*(*reference)->removed));
        return parts.join(QStringLiteral(", "));
    }
    if (run) return path;
    const QString name = QFileInfo(path).fileName();
    if (name.isEmpty()) return path;
    return name.endsWith(QLatin1String(".gguf")) ? name : asText(modelName(path.toStdString()));
}

QString ModelNames::title(const QString& path) const {
    const auto run = runOf(path);
    return run && row(*run) != nullptr ? tr("%1 (run %2)").arg(shortTitle(path)).arg(run->value())
                                       : shortTitle(path);
}

QColor ModelNames::color(const QString& path, const ThemeColors& colors) const {
    const auto run = runOf(path);
    if (!run) return colors.secondary;
    if (const RunRow* found = row(*run)) return runColor(colors, *found);
    return seriesColor(colors, run->value() - 1);
}

}  // namespace skd
