#pragma once

#include <QTimer>
#include <QWidget>
#include <functional>
#include <map>

#include "bridge/run_curves.h"
#include "bridge/run_monitor.h"
#include "bridge/run_selection.h"
#include "bridge/workspace.h"

class QUndoStack;

namespace skd {

/// What pages get from the window.
struct PageContext {
    Workspace& workspace;
    RunMonitor& monitor;
    RunCurvesCache& curves;
    RunSelection& selection;
    /// The run that "Prune and recover" would start now: all pages' parts together.
    std::function<RunSpec()> shownSpec;
};

/// Fields of a run by dotted path, and their values.
using FieldValues = std::map<std::string, Json>;

/// What a user has chosen on a page: the value of every named control below it (choices, check
/// boxes, numbers, texts, splitters), by object name.
Json controlsOf(const QWidget& page);
/// Puts the values back where controls of those names are; others are skipped.
void setControls(QWidget& page, const Json& values);

/// One tab of the window.
class Page : public QWidget {
    Q_OBJECT
public:
    explicit Page(QWidget* parent = nullptr);
    /// Null where there is nothing to undo.
    [[nodiscard]] virtual QUndoStack* undoStack() { return nullptr; }
    /// Ctrl+C and Ctrl+V; false where the page has no use for them.
    virtual bool copy() { return false; }
    virtual bool paste() { return false; }
    /// Fills in the page's part of a run that is about to start.
    virtual void contribute(RunSpec&) const {}
    /// Takes fields over that another page offers.
    virtual void take(const FieldValues&) {}
    /// A file or folder was dropped onto the window; false where the page has no use for it.
    virtual bool drop(const QString&) { return false; }
    /// Moves by itself through what there is to show, or ends that, for an audience; false where
    /// there is nothing.
    virtual bool demonstrate() { return false; }
    /// When a run starts, the window continues to its curves; false where a user is filling
    /// something in.
    [[nodiscard]] virtual bool followsRuns() const { return true; }
    /// What a saved view keeps of the page, and its way back onto the screen; by default every
    /// named control.
    [[nodiscard]] virtual Json viewState() const { return controlsOf(*this); }
    virtual void restoreView(const Json& state) { setControls(*this, state); }
    /// Everything asked from the workspace has arrived and is drawn.
    [[nodiscard]] virtual bool settled() const { return true; }

Q_SIGNALS:
    /// One sentence for the status bar.
    void context(const QString& text);
    /// Another page is to be shown, by its id in the registry.
    void pageRequested(const QString& id);
    /// Fields for the page with this id, which is to be shown.
    void offered(const QString& page, const skd::FieldValues& fields);
    /// The page is about this model now.
    void modelShown(const QString& name);

protected:
    /// A grid, row or column of cards that fills the page.
    template <class L>
    L* makeLayout() {
        auto* layout = new L(this);
        layout->setContentsMargins(kSpacing, kSpacing, kSpacing, kSpacing);
        layout->setSpacing(kSpacing);
        return layout;
    }

private:
    static constexpr int kSpacing = 12;  ///< px between cards and around them
};

/// A page that follows what happens: at most 30 refreshes a second, and while it is hidden it only
/// remembers that it has something to catch up on.
class LivePage : public Page {
    Q_OBJECT
public:
    explicit LivePage(QWidget* parent);
    [[nodiscard]] bool settled() const override { return !m_dirty; }

protected:
    void markDirty();
    /// Draws everything as it is now.
    virtual void refresh() = 0;
    void showEvent(QShowEvent* event) override;

private:
    void catchUp();
    QTimer m_later;
    bool m_dirty = true;
};

}  // namespace skd
