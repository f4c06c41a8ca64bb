#pragma once

#include <QPlainTextEdit>
#include <QStringList>

namespace skd {

/// Several lines of a prompt: Ctrl+Enter sends, the up arrow in the first line brings back earlier
/// prompts, the down arrow in the last line goes forward again.
class PromptEdit : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit PromptEdit(QWidget* parent = nullptr);
    /// Keeps the text as the newest of the earlier prompts.
    void remember();
    [[nodiscard]] const QStringList& history() const { return m_history; }

Q_SIGNALS:
    void submitted();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    bool recall(int direction);
    QStringList m_history;  ///< oldest first
    QString m_draft;        ///< what was being written before the first recall
    qsizetype m_place = 0;  ///< in the history; its size = the draft
};

}  // namespace skd
