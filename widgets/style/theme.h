#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QPalette>
#include <array>

class QApplication;
class QPainter;
class QWidget;

namespace skd {

struct RunRow;

/// Every colour the window uses. One accent for what is selected or live, one for actions, grey for
/// context.
struct ThemeColors {
    bool dark = true;
    QColor window, page, card, raised, border, grid;
    QColor text, secondary, faint;
    QColor accent, action, actionText, good, bad, selection;
    std::array<QColor, 7>
        series;  ///< Okabe-Ito; yellow and black-on-white variants adapted to the surface
};

/// The colours that belong to a palette: dark where its window is dark.
const ThemeColors& themeColors(const QPalette& palette);
const ThemeColors& themeColors(const QWidget* widget);
/// Colour of the n-th run; repeats after seven.
QColor seriesColor(const ThemeColors& colors, qint64 index);
/// The colour a user gave a run, else the palette's own for it.
QColor runColor(const ThemeColors& colors, const RunRow& run);

/// `color` that shows this part of itself, 0 to 1.
QColor withAlpha(QColor color, float alpha);

/// Fonts of the few roles text has, derived from the application's font.
enum class TextRole { Body, Small, Title, Figure, Strong };
QFont textFont(TextRole role);

inline constexpr Qt::Alignment kAtLeft = Qt::AlignLeft | Qt::AlignVCenter;
inline constexpr Qt::Alignment kAtRight = Qt::AlignRight | Qt::AlignVCenter;
/// Writes into a box in this colour and the painter's font; `elide` says where a text ends that is
/// too wide for it.
void writeText(QPainter& painter, const QColor& color, const QRectF& box, Qt::Alignment at,
               const QString& text, Qt::TextElideMode elide = Qt::ElideNone);

/// Pixels at 100 % text as they are at the size users have chosen.
int scaledByText(int pixels);

/// One of the program's own icons, drawn in `color`.
QIcon themedIcon(const QString& name, const QColor& color);

enum class ThemeChoice { System, Light, Dark };

/// Puts palette, style sheet and font onto the application.
class Theme : public QObject {
    Q_OBJECT
public:
    explicit Theme(QApplication& application);
    void apply(ThemeChoice choice);
    [[nodiscard]] ThemeChoice choice() const { return m_choice; }
    /// Text in the whole program this many times its usual size; widgets that have fonts of their
    /// own follow.
    void setTextScale(double scale);
    [[nodiscard]] double textScale() const { return m_scale; }
    /// What the desktop prefers; ThemeChoice::System follows it.
    void setSystemDark(bool dark);

Q_SIGNALS:
    void changed();

private:
    [[nodiscard]] bool wantsDark() const;
    QApplication& m_application;
    ThemeChoice m_choice = ThemeChoice::System;
    bool m_systemIsDark = false;
    double m_scale = 1;
};

const char* themeChoiceName(ThemeChoice choice);
ThemeChoice themeChoiceFrom(const QString& name);

}  // namespace skd
