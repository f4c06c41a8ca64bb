#pragma once

#include <QString>

#include "results/analysis.h"
#include "store/records.h"

/// How numbers are written for display. The only place where percent exists.
namespace skd {

/// 0.15 -> "15.0 %"; "–" for NaN.
QString formatPercent(double fraction, int decimals = 1);
/// 0.089 -> "−8.9 %": a share that is taken away.
QString formatRemoved(double fraction);
/// Four significant digits below 10,000, then "506,747", then "1.26 M"; "–" for NaN, "∞".
QString formatPerplexity(double value);
/// 11,900,000 -> "11.9 M".
QString formatCount(double value);
/// Short fixed digits for tables: 0.0984, 2.11, 512.
QString formatValue(double value);
/// A tick of an axis: "20", "5,000", "1 M", "0.02".
QString formatTick(double value);
/// Scientific where small: 5e-05 -> "5.0e-5".
QString formatRate(double value);
/// 134 -> "2 m 14 s"; "" when negative.
QString formatDuration(double seconds);
/// 245,000,000 -> "245 MB".
QString formatMegabytes(double bytes);
QString formatTime(qint64 unixMs);
/// A short time: 0.0123 -> "12.3 ms", 1.963 -> "1,963 ms", 0.00045 -> "450 µs", 75 -> "75.0 s".
QString formatSpan(double seconds);
/// 1.36 -> "1.36×".
QString formatFactor(double factor);

/// What a user types as a share: "0.95", or "95" for percent; NaN where it is no number.
double parseShare(const QString& text);

/// "layer 12 · gate".
QString matrixLabel(const MatrixInfo& info);
/// "PPL 36 → 63 → 40", as far as the figures are known.
QString perplexityPath(const RunRow& row);
QString statusText(RunStatus status);

/// 1234567 -> "1,234,567".
QString formatWhole(qint64 number);

}  // namespace skd
