#pragma once

#include <QStringList>

#include "store/records.h"

/// What core says, as the window's texts.
namespace skd {

inline QString asText(const std::string& text) {
    return QString::fromStdString(text);
}
inline QString asText(const std::filesystem::path& path) {
    return asText(path.string());
}
/// Its message.
inline QString asText(const Error& error) {
    return asText(error.message);
}
template <class Strings>
QStringList asTexts(const Strings& strings) {
    QStringList texts;
    for (const std::string& text : strings) texts << asText(text);
    return texts;
}

/// "a · b" of those parts that are not empty.
inline QString inOneLine(QStringList parts) {
    parts.removeAll(QString());
    return parts.join(QStringLiteral(" · "));
}

/// Why a run ended: its error, else what stopped it.
inline QString endOf(const RunRow& run) {
    return asText(run.error.empty() ? run.stopReason : run.error);
}

}  // namespace skd
