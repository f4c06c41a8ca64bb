#include "window/window_status.h"

#include <QToolButton>

#include "bridge/workspace.h"
#include "controls/build.h"
#include "style/format.h"

namespace skd {

WindowStatus::WindowStatus(Workspace& workspace, QWidget* parent)
    : QStatusBar(parent),
      m_workspace(workspace),
      m_sentence(named(new ElidedLabel({}, this), "status.context")),
      m_counts(new QLabel(this)),
      m_warnings(makeTool({}, "status.warnings", "quiet", tr("Show the log"), this)) {
    m_sentence->setProperty("tone", QStringLiteral("secondary"));
    m_sentence->setMinimumWidth(100);
    m_sentence->setContentsMargins(10, 0, 0, 0);
    for (QWidget* part : std::initializer_list<QWidget*>{m_sentence, m_counts, m_warnings})
        part->setFont(textFont(TextRole::Small));
    showWarnings(0);
    setSizeGripEnabled(false);
    addWidget(m_sentence, 1);
    addPermanentWidget(m_counts);
    addPermanentWidget(m_warnings);
    connect(m_warnings, &QToolButton::clicked, this, &WindowStatus::logToggled);
}

void WindowStatus::showSentence(const QString& text) {
    m_sentence->setText(text);
}

void WindowStatus::showRuns(int count) {
    const bool readOnly = m_workspace.readOnly();
    m_counts->setText(tr("workspace %1 · %2%3")
                          .arg(formatMegabytes(m_workspace.sizeOnDisk()),
                               tr("%1 runs", nullptr, count).arg(formatWhole(count)),
                               readOnly ? tr(" · read-only") : QString()));
    m_counts->setToolTip(
        readOnly ? tr("%1: nothing is changed or started here.").arg(m_workspace.readOnlyText())
                 : QString());
}

void WindowStatus::showWarnings(int count) {
    m_warnings->setText(count == 0
                            ? tr("log: no warnings")
                            : tr("log: %1 warnings", nullptr, count).arg(formatWhole(count)));
}

}  // namespace skd
