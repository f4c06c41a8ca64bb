#include "talk/kl_bands.h"

#include <QCoreApplication>

#include "style/format.h"
#include "style/theme.h"

namespace skd {

KlBand klBand(double kl) {
    int band = 0;
    for (double edge : kKlEdges) band += kl >= edge ? 1 : 0;
    return static_cast<KlBand>(band);
}

QString klBandText(KlBand band) {
    const auto translate = [](const char* text) {
        return QCoreApplication::translate("KlBand", text);
    };
    if (band == KlBand::Agrees) return translate("below %1").arg(formatTick(kKlEdges[0]));
    if (band == KlBand::Strong) return translate("%1 nats and more").arg(formatTick(kKlEdges[2]));
    const auto low = static_cast<std::size_t>(band) - 1;
    return translate("%1 to %2").arg(formatTick(kKlEdges[low]), formatTick(kKlEdges[low + 1]));
}

QTextCharFormat klFormat(KlBand band, const ThemeColors& colors) {
    static constexpr float alphas[] = {0, 0.22F, 0.42F, 0.72F};
    QTextCharFormat format;
    format.setForeground(colors.text);
    if (band == KlBand::Agrees) return format;
    QColor background = colors.series[5];
    background.setAlphaF(alphas[static_cast<int>(band)]);
    format.setBackground(background);
    if (band == KlBand::Slight) return format;
    format.setUnderlineStyle(band == KlBand::Clear ? QTextCharFormat::DotLine
                                                   : QTextCharFormat::WaveUnderline);
    format.setUnderlineColor(colors.text);
    return format;
}

}  // namespace skd
