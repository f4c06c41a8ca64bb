#pragma once

#include <QTimer>

#include "pages/page.h"
#include "pages/perplexity_card.h"

namespace skd {

class LossCard;
class RecoveryCard;

/// The recovery of a run, live or recorded.
class RecoverPage : public Page {
    Q_OBJECT
public:
    explicit RecoverPage(const PageContext& context, QWidget* parent = nullptr);
    [[nodiscard]] bool settled() const override;
    [[nodiscard]] PerplexityCard& perplexity() { return *m_perplexity; }
    /// Queues a run that distils on from a checkpoint.
    void continueFrom(RunId run, std::int64_t step);
    /// Keeps a note at a step of a run's curve.
    void note(RunId run, std::int64_t step, const QString& text);

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void buildLayout();
    void connectParts();
    void markDirty();
    void refresh();
    void offerCheckpoint(RunId run, std::int64_t step);
    void askNote(RunId run, std::int64_t step);
    void offerNote(const AnnotationRow& note);
    [[nodiscard]] std::vector<ShownRun> shownRuns() const;

    PageContext m_context;
    PerplexityCard* m_perplexity;
    LossCard* m_losses;
    RecoveryCard* m_recovery = nullptr;
    QTimer m_refresh;
    bool m_dirty = true;
};

}  // namespace skd
