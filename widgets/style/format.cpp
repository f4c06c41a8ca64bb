#include "style/format.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <cmath>

namespace skd {

namespace {

const QString kUnknown = QStringLiteral("–");
const QString kInfinity = QStringLiteral("∞");
constexpr QChar kNarrowSpace(0x202F);

QString grouped(double value, int decimals) {
    static const QLocale locale(QLocale::English, QLocale::UnitedStates);
    return locale.toString(value, 'f', decimals);
}

/// A figure and its unit, which is UTF-8.
QString withUnit(double value, int decimals, const char* unit) {
    return grouped(value, decimals) + kNarrowSpace + QString::fromUtf8(unit);
}

/// Decimals of a figure: two below the first limit, one below the second.
int decimalsOf(double value, double two, double one) {
    if (value < two) return 2;
    return value < one ? 1 : 0;
}

QString translate(const char* text) {
    return QCoreApplication::translate("Format", text);
}

}  // namespace

QString formatPercent(double fraction, int decimals) {
    if (!std::isfinite(fraction)) return kUnknown;
    return withUnit(fraction * 100, decimals, "%");
}

QString formatRemoved(double fraction) {
    if (!std::isfinite(fraction)) return kUnknown;
    if (std::abs(fraction) < 0.0005) return formatPercent(0, 1);
    return (fraction > 0 ? QStringLiteral("−") : QStringLiteral("+")) +
           formatPercent(std::abs(fraction));
}

QString formatPerplexity(double value) {
    if (std::isnan(value)) return kUnknown;
    if (std::isinf(value)) return kInfinity;
    if (value >= 1e6) return formatCount(value);
    return grouped(value, decimalsOf(value, 10, 1000));
}

QString formatCount(double value) {
    if (!std::isfinite(value)) return std::isnan(value) ? kUnknown : kInfinity;
    const std::pair<double, const char*> units[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
    for (const auto& [scale, name] : units) {
        if (std::abs(value) >= scale)
            return withUnit(value / scale, decimalsOf(value / scale, 10, 100), name);
    }
    return grouped(value, value == std::floor(value) ? 0 : 2);
}

QString formatValue(double value) {
    if (!std::isfinite(value)) return std::isnan(value) ? kUnknown : kInfinity;
    if (value == 0) return QStringLiteral("0");
    const double magnitude = std::abs(value);
    if (magnitude < 0.001 || magnitude >= 1e6) return formatRate(value);
    return grouped(value, magnitude < 1 ? 3 : decimalsOf(magnitude, 10, 1000));
}

QString formatTick(double value) {
    if (value == 0) return QStringLiteral("0");
    const double magnitude = std::abs(value);
    if (magnitude >= 1e6) return formatCount(value);
    if (magnitude < 1e-3)
        return QStringLiteral("%1e%2")
            .arg(value / std::pow(10.0, std::floor(std::log10(magnitude) + 1e-9)), 0, 'g', 3)
            .arg(static_cast<int>(std::floor(std::log10(magnitude) + 1e-9)));
    if (magnitude >= 1000) return grouped(value, 0);
    return QString::number(value, 'g', 4);
}

QString formatRate(double value) {
    if (!std::isfinite(value)) return kUnknown;
    if (value == 0) return QStringLiteral("0");
    const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
    return QStringLiteral("%1e%2").arg(value / std::pow(10.0, exponent), 0, 'f', 1).arg(exponent);
}

QString formatDuration(double seconds) {
    if (seconds < 0 || !std::isfinite(seconds)) return {};
    const auto total = static_cast<qint64>(std::llround(seconds));
    const qint64 hours = total / 3600, minutes = total / 60 % 60, rest = total % 60;
    if (hours > 0) return translate("%1 h %2 m").arg(hours).arg(minutes);
    if (minutes > 0) return translate("%1 m %2 s").arg(minutes).arg(rest);
    return translate("%1 s").arg(rest);
}

QString formatMegabytes(double bytes) {
    const double mega = bytes / 1e6;
    if (mega >= 1000) return withUnit(mega / 1000, 2, "GB");
    return withUnit(mega, mega < 10 ? 1 : 0, "MB");
}

QString formatTime(qint64 unixMs) {
    if (unixMs == 0) return kUnknown;
    return QDateTime::fromMSecsSinceEpoch(unixMs).toString(QStringLiteral("yyyy-MM-dd hh:mm"));
}

QString formatSpan(double seconds) {
    if (!std::isfinite(seconds)) return kUnknown;
    const double magnitude = std::abs(seconds);
    if (magnitude >= 10) return withUnit(seconds, 1, "s");
    if (magnitude > 0 && magnitude < 0.0009995)
        return withUnit(seconds * 1e6, magnitude < 99.95e-6 ? 1 : 0, "µs");
    return withUnit(seconds * 1e3, decimalsOf(magnitude, 9.995e-3, 99.95e-3), "ms");
}

QString formatFactor(double factor) {
    if (!std::isfinite(factor)) return kUnknown;
    return grouped(factor, factor < 10 ? 2 : 1) + QStringLiteral("×");
}

double parseShare(const QString& text) {
    bool number = false;
    const double value = text.toDouble(&number);
    if (!number) return std::nan("");
    return value > 1 ? value / 100 : value;
}

QString matrixLabel(const MatrixInfo& info) {
    return translate("layer %1 · %2")
        .arg(info.layer.value())
        .arg(QLatin1String(matrixKindName(info.kind)));
}

QString perplexityPath(const RunRow& row) {
    QStringList parts;
    for (double value : {row.densePpl, row.postPrunePpl, row.postKdPpl})
        if (!std::isnan(value))
            parts << (value >= 10 && value < 1000 ? grouped(value, 0)
                      : value >= 1000             ? formatCount(value)
                                                  : formatPerplexity(value));
    if (parts.isEmpty()) return {};
    return translate("PPL %1").arg(parts.join(QStringLiteral(" → ")));
}

QString statusText(RunStatus status) {
    // In the order of RunStatus.
    static constexpr const char* texts[] = {"queued",    "running", "interrupted",
                                            "completed", "stopped", "failed"};
    return translate(texts[static_cast<std::size_t>(status)]);
}

QString formatWhole(qint64 number) {
    return grouped(static_cast<double>(number), 0);
}

}  // namespace skd
