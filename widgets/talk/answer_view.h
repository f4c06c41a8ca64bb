#pragma once

#include <QStandardItemModel>
#include <QTextCharFormat>
#include <QTextEdit>
#include <array>
#include <optional>
#include <vector>

#include "events/event.h"

namespace skd {

struct ThemeColors;

/// How far a token's prediction is from the reference model's, in steps that users can tell apart:
/// by the strength of a colour, and from `Clear` on by an underline as well.
enum class KlBand { Agrees, Slight, Clear, Strong };
/// Lower ends of Slight, Clear and Strong, in nats.
constexpr std::array<double, 3> kKlEdges{0.1, 0.5, 2};

/// NaN counts as Agrees: there is no reference.
KlBand klBand(double kl);
/// "0.5 to 2 nats".
QString klBandText(KlBand band);
QTextCharFormat klFormat(KlBand band, const ThemeColors& colors);

/// An answer as it comes, token by token; the table twin of its text.
class AnswerTokens : public QStandardItemModel {
    Q_OBJECT
public:
    enum Column { Text, Probability, Kl };
    struct Token {
        QString text;  ///< may be empty: part of a character that a later token completes
        double probability = 0, kl = 0;  ///< kl: NaN without a reference
    };

    AnswerTokens();
    void clear();
    void append(const TokensGenerated& event);
    [[nodiscard]] const std::vector<Token>& tokens() const { return m_tokens; }
    /// "“ Paris” · probability 82.1 % · KL 0.31 nats to the dense model".
    [[nodiscard]] QString tip(std::size_t token) const;

private:
    std::vector<Token> m_tokens;
};

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
