#include "talk/answer_tokens.h"

#include <cmath>

#include "style/format.h"
#include "talk/kl_bands.h"

namespace skd {

namespace {

/// White space made visible.
QString quoted(QString text) {
    text.replace(QLatin1Char('\n'), QChar(0x21B5)).replace(QLatin1Char('\t'), QChar(0x21E5));
    return QStringLiteral("“%1”").arg(text);
}

}  // namespace

void AnswerTokens::clear() {
    beginResetModel();
    m_tokens.clear();
    endResetModel();
}

void AnswerTokens::append(const TokensGenerated& event) {
    const QString text = QString::fromStdString(event.text);
    if (event.ids.empty() && text.isEmpty()) return;
    // Where one event carries several tokens, its text stands with the last of them, which
    // completes it; text without a token is the rest of the last character.
    const std::size_t count = std::max<std::size_t>(1, event.ids.size());
    const int first = static_cast<int>(m_tokens.size());
    beginInsertRows({}, first, first + static_cast<int>(count) - 1);
    for (std::size_t i = 0; i < count; ++i)
        m_tokens.push_back(
            {i + 1 == count ? text : QString(),
             i < event.logProbability.size() ? std::exp(event.logProbability[i]) : std::nan(""),
             i < event.kl.size() ? event.kl[i] : std::nan("")});
    endInsertRows();
}

QString AnswerTokens::text() const {
    QString all;
    for (const Token& token : m_tokens) all += token.text;
    return all;
}

QString AnswerTokens::tip(std::size_t token) const {
    const Token& one = m_tokens[token];
    QString tip = tr("%1\nprobability %2").arg(quoted(one.text), formatPercent(one.probability));
    if (!std::isnan(one.kl))
        tip += tr("\nKL %1 nats from the first model's prediction").arg(formatValue(one.kl));
    return tip;
}

int AnswerTokens::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_tokens.size());
}

int AnswerTokens::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant AnswerTokens::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Token& token = m_tokens[index.row()];
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((index.column() == Text ? Qt::AlignLeft : Qt::AlignRight) |
                                Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    if (index.column() == Text) return quoted(token.text);
    return index.column() == Probability ? formatPercent(token.probability) : formatValue(token.kl);
}

QVariant AnswerTokens::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return section + 1;
    const QString names[] = {tr("Token"), tr("Probability"), tr("KL, nats")};
    return names[section];
}

}  // namespace skd
