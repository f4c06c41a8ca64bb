#include "runs/purge_runs.h"

#include <QCoreApplication>
#include <QMessageBox>
#include <QPushButton>

#include "bridge/workspace.h"
#include "style/format.h"

namespace skd {

namespace {

QString tr(const char* text, int n = -1) {
    return QCoreApplication::translate("PurgeRuns", text, nullptr, n);
}

QMessageBox* box(QMessageBox::Icon icon, const char* name, const QString& text, QWidget* parent) {
    auto* made = new QMessageBox(icon, tr("Deleted runs"), text, QMessageBox::NoButton, parent);
    made->setObjectName(QLatin1String(name));
    made->setAttribute(Qt::WA_DeleteOnClose);
    return made;
}

void tell(const QString& text, QWidget* parent) {
    QMessageBox* message = box(QMessageBox::Information, "runs.purged", text, parent);
    message->addButton(QMessageBox::Ok);
    message->open();
}

QString neededText(const PurgePlan& plan) {
    QStringList lines;
    for (const auto& [run, by] : plan.needed)
        lines << tr("Run %1 stays: run %2 starts from it or learns from it.")
                     .arg(run.value())
                     .arg(by.value());
    return lines.join(QLatin1Char('\n'));
}

void carryOut(Workspace& workspace, QWidget* parent, PurgePlan plan, std::function<void()> done) {
    const int runs = static_cast<int>(plan.runs.size());
    inBackground(
        workspace.calls(), parent,
        [session = workspace.session(), plan = std::move(plan)] { return session->purge(plan); },
        [&workspace, parent, runs, done = std::move(done)](Result<std::int64_t> freed) {
            if (!freed) {
                tell(asText(freed.error()), parent);
                return;
            }
            done();
            Q_EMIT workspace.runsChanged();
            tell(tr("%1 runs removed for good; %2 freed.", runs)
                     .arg(runs)
                     .arg(formatMegabytes(static_cast<double>(*freed))),
                 parent);
        });
}

void ask(Workspace& workspace, QWidget* parent, PurgePlan plan, std::function<void()> done) {
    if (plan.runs.empty())
        return tell(plan.needed.empty() ? tr("There are no deleted runs.") : neededText(plan),
                    parent);
    const int runs = static_cast<int>(plan.runs.size());
    QMessageBox* question =
        box(QMessageBox::Warning, "runs.purge",
            tr("Remove %1 deleted runs for good? This cannot be undone.", runs).arg(runs), parent);
    question->setInformativeText(
        tr("Their model files take %1; their curves make the workspace smaller as well.")
            .arg(formatMegabytes(static_cast<double>(plan.folderBytes))) +
        (plan.needed.empty() ? QString() : QLatin1Char('\n') + neededText(plan)));
    const QPushButton* remove = question->addButton(tr("Remove"), QMessageBox::DestructiveRole);
    question->setDefaultButton(question->addButton(QMessageBox::Cancel));
    QObject::connect(remove, &QPushButton::clicked, parent,
                     [&workspace, parent, plan = std::move(plan), done = std::move(done)] {
                         carryOut(workspace, parent, plan, done);
                     });
    question->open();
}

}  // namespace

void askPurge(Workspace& workspace, QWidget* parent, std::function<void()> done) {
    if (workspace.readOnly()) return;
    workspace.reader().ask(
        parent,
        [paths = RunPaths::of(workspace.path())](const RunStore& store) {
            return planPurge(store, paths);
        },
        [&workspace, parent, done = std::move(done)](Result<PurgePlan> plan) {
            if (plan)
                ask(workspace, parent, std::move(*plan), done);
            else
                tell(asText(plan.error()), parent);
        });
}

}  // namespace skd
