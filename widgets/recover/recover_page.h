#pragma once

#include "controls/page.h"
#include "recover/perplexity_card.h"

class QMenu;

namespace skd {

class FrontCard;
class LossCard;
class RecoveryCard;

/// The recovery of a run, live or recorded.
class RecoverPage : public LivePage {
    Q_OBJECT
public:
    explicit RecoverPage(const PageContext& context, QWidget* parent = nullptr);
    [[nodiscard]] bool settled() const override;
    [[nodiscard]] QUndoStack* undoStack() override { return m_undo; }
    [[nodiscard]] PerplexityCard& perplexity() { return *m_perplexity; }
    /// Queues a run that distils on from a checkpoint.
    void continueFrom(RunId run, std::int64_t step);
    /// Keeps a note at a step of a run's curve.
    void note(RunId run, std::int64_t step, const QString& text);

private:
    void refresh() override;
    void offerCheckpoint(RunId run, std::int64_t step);
    void askNote(RunId run, std::int64_t step);
    void offerNote(const AnnotationRow& note);
    void changeNote(const AnnotationRow& note, const QString& text);
    void removeNote(const AnnotationRow& note);
    void push(RunId run, const QString& text, WorkspaceEdit edit, WorkspaceEdit inverse);
    void askText(std::int64_t step, const QString& text, std::function<void(const QString&)> take);
    QMenu* popupMenu();
    [[nodiscard]] std::vector<ShownRun> shownRuns() const;

    PageContext m_context;
    PerplexityCard* m_perplexity;
    FrontCard* m_front;
    LossCard* m_losses;
    RecoveryCard* m_recovery = nullptr;
    QUndoStack* m_undo = nullptr;
};

}  // namespace skd
