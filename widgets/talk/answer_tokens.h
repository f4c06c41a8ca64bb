#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "events/event.h"

namespace skd {

/// An answer as it comes, token by token; the table twin of its text.
class AnswerTokens : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Text, Probability, Kl, ColumnCount };
    struct Token {
        QString text;  ///< may be empty: part of a character that a later token completes
        double probability = 0, kl = 0;  ///< kl: NaN without a reference
    };

    using QAbstractTableModel::QAbstractTableModel;
    void clear();
    void append(const TokensGenerated& event);
    [[nodiscard]] const std::vector<Token>& tokens() const { return m_tokens; }
    [[nodiscard]] QString text() const;
    /// "“ Paris” · probability 82.1 % · KL 0.31 nats to the dense model".
    [[nodiscard]] QString tip(std::size_t token) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    std::vector<Token> m_tokens;
};

}  // namespace skd
