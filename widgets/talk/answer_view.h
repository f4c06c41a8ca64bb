#pragma once

#include <QTextEdit>
#include <optional>
#include <vector>

#include "talk/answer_tokens.h"

namespace skd {

/// An answer as text that grows; tokens far from the reference model's prediction are coloured, and
/// underlined where they are farther. Pointing at a token says its probability and KL.
class AnswerView : public QTextEdit {
    Q_OBJECT
public:
    AnswerView(AnswerTokens& tokens, QWidget* parent = nullptr);
    [[nodiscard]] std::optional<std::size_t> tokenAt(const QPoint& position) const;

protected:
    bool viewportEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void rebuild();
    void appendFrom(int first, int last);
    AnswerTokens& m_tokens;
    std::vector<int> m_ends;  ///< by token: position after its text
};

/// What the colours of an AnswerView mean.
class KlLegend : public QWidget {
    Q_OBJECT
public:
    explicit KlLegend(QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void write(QTextDocument& document) const;
};

}  // namespace skd
