#include "charts/exportable_view.h"

#include <QCoreApplication>
#include <QGuiApplication>
#include <QPainter>
#include <QScreen>
#include <QWidget>
#include <algorithm>
#include <numeric>
#include <tuple>

namespace skd {

namespace {

constexpr int kMostRows = 60;   ///< of a table that is drawn whole
constexpr double kCellPad = 8;  ///< left and right of a cell's text
constexpr double kWidestCell = 260;

QFont headerFont() {
    QFont font = textFont(TextRole::Small);
    font.setWeight(QFont::DemiBold);
    return font;
}

double rowHeight() {
    return QFontMetricsF(textFont(TextRole::Small)).height() * 1.55;
}

std::vector<double> columnWidths(const ViewTable& table) {
    const QFontMetricsF header(headerFont()), body(textFont(TextRole::Small));
    std::vector<double> widths;
    for (int column = 0; column < table.header.size(); ++column) {
        double width = header.horizontalAdvance(table.header[column]);
        for (int row = 0; row < std::min(table.rows, kMostRows); ++row)
            width = std::max(width, body.horizontalAdvance(table.cell(row, column).shown));
        widths.push_back(std::min(kWidestCell, width) + 2 * kCellPad);
    }
    return widths;
}

double sumOf(const std::vector<double>& widths) {
    return std::accumulate(widths.begin(), widths.end(), 0.0);
}

struct TablePainter {
    QPainter& painter;
    const ThemeColors& colors;
    std::vector<double> widths;

    void rule(double y, double width) const {
        painter.setPen(QPen(colors.text, width));
        painter.drawLine(QPointF(0, y), QPointF(sumOf(widths), y));
    }
    template <class Text>
    void row(double top, const QFont& font, Text text) const {
        const QFontMetricsF metrics(font);
        painter.setFont(font);
        painter.setPen(colors.text);
        double x = 0;
        for (std::size_t column = 0; column < widths.size(); ++column) {
            const QRectF box(x + kCellPad, top, widths[column] - 2 * kCellPad, rowHeight());
            painter.drawText(box, (column == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter,
                             metrics.elidedText(text(static_cast<int>(column)), Qt::ElideRight,
                                                box.width() + 1));
            x += widths[column];
        }
    }
};

}  // namespace

std::vector<ExportableView*> exportableViews(const QWidget* page) {
    std::vector<ExportableView*> views;
    for (QWidget* widget : page->findChildren<QWidget*>())
        if (auto* view = dynamic_cast<ExportableView*>(widget);
            view != nullptr && !view->viewTable().empty())
            views.push_back(view);
    std::ranges::stable_sort(views, {}, [page](ExportableView* view) {
        const auto* widget = dynamic_cast<QWidget*>(view);
        const QPoint at = widget->mapTo(page, QPoint());
        return std::tuple(!widget->isVisibleTo(page), at.y(), at.x());
    });
    return views;
}

double logicalDpi() {
    const QScreen* screen = QGuiApplication::primaryScreen();
    return screen == nullptr ? 96 : screen->logicalDotsPerInch();
}

const ThemeColors& paperColors() {
    return themeColors(QPalette(Qt::white));
}

QColor inTheme(const QColor& color, const ThemeColors& from, const ThemeColors& to) {
    if (from.dark == to.dark || !color.isValid()) return color;
    std::vector<std::pair<QColor, QColor>> pairs;
    for (std::size_t i = 0; i < from.series.size(); ++i)
        pairs.emplace_back(from.series[i], to.series[i]);
    for (const auto role :
         {&ThemeColors::text, &ThemeColors::secondary, &ThemeColors::faint, &ThemeColors::accent,
          &ThemeColors::action, &ThemeColors::good, &ThemeColors::bad, &ThemeColors::border,
          &ThemeColors::grid, &ThemeColors::card, &ThemeColors::raised})
        pairs.emplace_back(from.*role, to.*role);
    for (const auto& [mine, theirs] : pairs)
        if (mine.rgb() == color.rgb()) return withAlpha(theirs, color.alphaF());
    return color;
}

QSizeF tableSize(const ViewTable& table) {
    const int rows = std::min(table.rows, kMostRows) + (table.rows > kMostRows ? 1 : 0);
    return {sumOf(columnWidths(table)) + 2, (rows + 1) * rowHeight() + 6};
}

void paintTable(QPainter& painter, const QRectF& area, const ViewTable& table,
                const ThemeColors& colors) {
    const TablePainter out{painter, colors, columnWidths(table)};
    const double whole = sumOf(out.widths);
    const double scale =
        whole > area.width() && whole > 0 ? std::max(0.5, area.width() / whole) : 1;
    painter.save();
    painter.translate(area.topLeft());
    painter.scale(scale, scale);  // a wide table becomes smaller before it loses its end
    const double height = rowHeight(), room = area.height() / scale;
    const int fitting = std::max(0, static_cast<int>((room - 4) / height) - 1);
    const int rows = table.rows <= fitting ? table.rows : std::max(0, fitting - 1);
    out.rule(1, 1.2);
    out.row(1, headerFont(), [&](int column) { return table.header[column]; });
    out.rule(1 + height, 0.7);
    for (int row = 0; row < rows; ++row)
        out.row(1 + (row + 1) * height, textFont(TextRole::Small),
                [&](int column) { return table.cell(row, column).shown; });
    out.rule(2 + (rows + 1) * height, 1.2);
    if (rows < table.rows) {
        const QString more = QCoreApplication::translate("ViewTable", "and %1 more rows");
        writeText(painter, colors.secondary,
                  QRectF(kCellPad, 3 + (rows + 1) * height, whole, height), kAtLeft,
                  more.arg(table.rows - rows));
    }
    painter.restore();
}

}  // namespace skd
