#pragma once

#include <QString>
#include <QTextCharFormat>
#include <array>

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

}  // namespace skd
