#pragma once

#include <QWidget>
#include <memory>
#include <vector>

#include "bridge/run_monitor.h"
#include "bridge/workspace.h"
#include "models/run_curves.h"
#include "models/run_selection.h"

class QUndoStack;

namespace skd {

/// What pages get from the window.
struct PageContext {
    Workspace& workspace;
    RunMonitor& monitor;
    RunCurvesCache& curves;
    RunSelection& selection;
};

/// One tab of the window.
class Page : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;
    /// Null where there is nothing to undo.
    [[nodiscard]] virtual QUndoStack* undoStack() { return nullptr; }
    /// Ctrl+C and Ctrl+V; false where the page has no use for them.
    virtual bool copy() { return false; }
    virtual bool paste() { return false; }
    /// Fills in the page's part of a run that is about to start.
    virtual void contribute(RunSpec&) const {}
    /// Everything asked from the workspace has arrived and is drawn.
    [[nodiscard]] virtual bool settled() const { return true; }

Q_SIGNALS:
    /// One sentence for the status bar.
    void context(const QString& text);
    /// Another page is to be shown, by its id in the registry.
    void pageRequested(const QString& id);
    /// The page is about this model now.
    void modelShown(const QString& name);
};

struct PageEntry {
    QString id;     ///< for settings, screenshots and object names
    QString title;  ///< translated
    Page* (*make)(const PageContext& context, QWidget* parent);
};

/// All pages, in the order of their tabs. A new page is one more line in registry.cpp.
std::vector<PageEntry> pageRegistry();

}  // namespace skd
