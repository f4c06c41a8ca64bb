#include "style/theme.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QPainter>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QWidget>
#include <cmath>
#include <utility>
#include <vector>

#include "store/records.h"

/// Resources of a static library are linked only when asked for, and outside of any namespace.
static void initialiseResources() {
    Q_INIT_RESOURCE(workbench);
}

namespace skd {

namespace {

/// A colour of the window: its name in the style sheet, and what it is in both themes.
struct Role {
    const char* name;
    QColor ThemeColors::*color;
    const char *dark, *light;
};

/// A name that begins with another one comes before it.
constexpr Role kRoles[] = {{"@window", &ThemeColors::window, "#1B1D21", "#F4F5F7"},
                           {"@page", &ThemeColors::page, "#26292F", "#E9EBEF"},
                           {"@card", &ThemeColors::card, "#1F2226", "#FFFFFF"},
                           {"@raised", &ThemeColors::raised, "#30343B", "#FFFFFF"},
                           {"@border", &ThemeColors::border, "#33373E", "#D5D9E0"},
                           {"@grid", &ThemeColors::grid, "#2C3036", "#E8EAEE"},
                           {"@text", &ThemeColors::text, "#D8DBE0", "#1D2025"},
                           {"@secondary", &ThemeColors::secondary, "#979DA7", "#5C636E"},
                           {"@faint", &ThemeColors::faint, "#5A606A", "#A9AFB9"},
                           {"@accent", &ThemeColors::accent, "#E69F00", "#B87A00"},
                           {"@actionText", &ThemeColors::actionText, "#FFFFFF", "#FFFFFF"},
                           {"@action", &ThemeColors::action, "#0072B2", "#0072B2"},
                           {"@selection", &ThemeColors::selection, "#2F3844", "#DCE6F1"},
                           {"@good", &ThemeColors::good, "#009E73", "#007F5C"},
                           {"@bad", &ThemeColors::bad, "#E8743B", "#C24E00"}};

ThemeColors makeColors(bool dark) {
    ThemeColors colors{.dark = dark};
    for (const Role& role : kRoles) colors.*role.color = QColor(dark ? role.dark : role.light);
    if (dark)
        colors.series = {"#E69F00", "#56B4E9", "#009E73", "#F0E442",
                         "#3A8FD0", "#D55E00", "#CC79A7"};
    else
        colors.series = {"#C98A00", "#2E96D1", "#009E73", "#A89B00",
                         "#0072B2", "#D55E00", "#B85F90"};
    return colors;
}

QPalette makePalette(const ThemeColors& c) {
    QPalette palette(c.raised, c.window);
    for (auto role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText})
        palette.setColor(role, c.text);
    palette.setColor(QPalette::Base, c.card);
    palette.setColor(QPalette::AlternateBase, c.page);
    palette.setColor(QPalette::BrightText, c.bad);
    palette.setColor(QPalette::ToolTipBase, c.raised);
    palette.setColor(QPalette::PlaceholderText, c.secondary);
    palette.setColor(QPalette::Highlight, c.action);
    palette.setColor(QPalette::HighlightedText, c.actionText);
    palette.setColor(QPalette::Link, c.dark ? c.series[1] : c.action);
    for (auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, c.faint);
    return palette;
}

QString styleSheet(const ThemeColors& c) {
    QFile file(":/style/workbench.qss");
    if (!file.open(QIODevice::ReadOnly)) return {};
    QString text = QString::fromUtf8(file.readAll());
    const QLatin1String shade(c.dark ? "light" : "dark");
    text.replace(QLatin1String("@chevron"), QStringLiteral(":/icons/down-%1.svg").arg(shade));
    text.replace(QLatin1String("@rise"), QStringLiteral(":/icons/up-%1.svg").arg(shade));
    for (const Role& role : kRoles) text.replace(QLatin1String(role.name), (c.*role.color).name());
    return text;
}

constexpr double kPointSize = 9.4;  ///< 12.5 px at 96 dpi

QFont baseFont() {
    static const char* const preferred[] = {"Inter", "Inter Display", "Noto Sans", "Cantarell"};
    QFont font = QApplication::font();
    const QStringList families = QFontDatabase::families();
    for (const char* family : preferred) {
        if (!families.contains(QLatin1String(family))) continue;
        font.setFamily(QLatin1String(family));
        break;
    }
    font.setPointSizeF(kPointSize);
    return font;
}

using OwnFonts = std::vector<std::pair<QWidget*, QFont>>;

/// The fonts that widgets were given, `ratio` times their size; all are read before any changes,
/// since fonts are inherited.
OwnFonts ownFonts(double ratio) {
    OwnFonts own;
    for (QWidget* widget : QApplication::allWidgets()) {
        if (!widget->testAttribute(Qt::WA_SetFont)) continue;
        QFont font = widget->font();
        font.setPointSizeF(font.pointSizeF() * ratio);
        own.emplace_back(widget, font);
    }
    return own;
}

}  // namespace

const ThemeColors& themeColors(const QPalette& palette) {
    static const ThemeColors dark = makeColors(true);
    static const ThemeColors light = makeColors(false);
    return palette.color(QPalette::Window).lightnessF() < 0.5 ? dark : light;
}

const ThemeColors& themeColors(const QWidget* widget) {
    return themeColors(widget->palette());
}

QColor runColor(const ThemeColors& colors, const RunRow& run) {
    const QColor own(QString::fromStdString(run.color));
    return run.color.empty() || !own.isValid() ? seriesColor(colors, run.id.value() - 1) : own;
}

QColor seriesColor(const ThemeColors& colors, qint64 index) {
    const auto count = static_cast<qint64>(colors.series.size());
    return colors.series[((index % count) + count) % count];
}

QColor withAlpha(QColor color, float alpha) {
    color.setAlphaF(alpha);
    return color;
}

QFont textFont(TextRole role) {
    QFont font = QApplication::font();
    const double size = font.pointSizeF();
    if (role == TextRole::Small) font.setPointSizeF(size * 0.88);
    if (role == TextRole::Strong || role == TextRole::Title) font.setWeight(QFont::DemiBold);
    if (role == TextRole::Title) {
        font.setPointSizeF(size * 0.85);
        font.setCapitalization(QFont::AllUppercase);
        font.setLetterSpacing(QFont::PercentageSpacing, 106);
    }
    if (role == TextRole::Figure) {
        font.setPointSizeF(size * 2.0);
        font.setWeight(QFont::Bold);
    }
    return font;
}

void writeText(QPainter& painter, const QColor& color, const QRectF& box, Qt::Alignment at,
               const QString& text, Qt::TextElideMode elide) {
    const QFontMetricsF metrics(painter.font());
    const bool whole = elide == Qt::ElideNone;
    painter.setPen(color);
    painter.drawText(box, at, whole ? text : metrics.elidedText(text, elide, box.width()));
}

int scaledByText(int pixels) {
    return static_cast<int>(std::lround(pixels * QApplication::font().pointSizeF() / kPointSize));
}

QIcon themedIcon(const QString& name, const QColor& color) {
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly)) return {};
    QSvgRenderer renderer(file.readAll().replace("currentColor", color.name().toLatin1()));
    QIcon icon;
    for (int size : {16, 32, 48}) {
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        renderer.render(&painter);
        icon.addPixmap(pixmap);
    }
    return icon;
}

const char* themeChoiceName(ThemeChoice choice) {
    return choice == ThemeChoice::Light ? "light" : choice == ThemeChoice::Dark ? "dark" : "system";
}

ThemeChoice themeChoiceFrom(const QString& name) {
    if (name == QLatin1String("light")) return ThemeChoice::Light;
    return name == QLatin1String("dark") ? ThemeChoice::Dark : ThemeChoice::System;
}

Theme::Theme(QApplication& application) : m_application(application) {
    initialiseResources();
    m_systemIsDark = application.palette().color(QPalette::Window).lightnessF() < 0.5;
    application.setStyle(QStyleFactory::create("Fusion"));
    application.setFont(baseFont());
}

bool Theme::wantsDark() const {
    if (m_choice == ThemeChoice::System) return m_systemIsDark;
    return m_choice == ThemeChoice::Dark;
}

void Theme::setSystemDark(bool dark) {
    if (std::exchange(m_systemIsDark, dark) != dark && m_choice == ThemeChoice::System)
        apply(m_choice);
}

void Theme::setTextScale(double scale) {
    const double ratio = scale / std::exchange(m_scale, scale);
    if (std::abs(ratio - 1) < 1e-6) return;
    const OwnFonts own = ownFonts(ratio);
    QFont font = baseFont();
    font.setPointSizeF(kPointSize * scale);
    m_application.setFont(font);
    apply(m_choice);
    for (const auto& [widget, wanted] : own) widget->setFont(wanted);
}

void Theme::apply(ThemeChoice choice) {
    m_choice = choice;
    const ThemeColors& colors = themeColors(QPalette(wantsDark() ? Qt::black : Qt::white));
    const OwnFonts own = ownFonts(1);
    m_application.setPalette(makePalette(colors));
    m_application.setStyleSheet(styleSheet(colors));
    for (const auto& [widget, font] :
         own)  // a new style sheet gives widgets the fonts they had at first
        if (widget->font() != font) widget->setFont(font);
    Q_EMIT changed();
}

}  // namespace skd
