#pragma once

#include <QByteArray>
#include <QRectF>
#include <vector>

#include "base/result.h"
#include "charts/view_table.h"
#include "style/theme.h"

class QPainter;
class QWidget;

namespace skd {

/// A chart or table that can leave the window as a file. A widget inherits this beside QWidget, and
/// the export dialog finds it by walking its page (exportableViews).
class ExportableView {
public:
    virtual ~ExportableView() = default;
    /// What it shows, for display; also becomes the file's name.
    [[nodiscard]] virtual QString viewName() const = 0;
    /// Draws all of it inside `area` in these colours, on whatever lies below. Units are pixels at
    /// logicalDpi(), whatever the device.
    virtual void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) = 0;
    /// The full data, not what a zoom or the width of a window leaves of it. The table of a painted
    /// view holds a copy, so that it can stay open while the view changes.
    [[nodiscard]] virtual ViewTable viewTable() const = 0;
    /// The size it likes best, in the same units; empty where it fills any.
    [[nodiscard]] virtual QSizeF viewSize() const { return {}; }
};

/// The views of a page that hold something, in reading order: those on screen first.
std::vector<ExportableView*> exportableViews(const QWidget* page);

/// Dots per inch that fonts and lengths in pixels are made for.
double logicalDpi();

/// A colour of one theme as the other has it: roles keep their meaning, others stay.
QColor inTheme(const QColor& color, const ThemeColors& from, const ThemeColors& to);
/// The colours for paper.
const ThemeColors& paperColors();

/// Draws a table with rules above and below, as much of it as fits; says how many rows are left
/// out.
void paintTable(QPainter& painter, const QRectF& area, const ViewTable& table,
                const ThemeColors& colors);
/// The size at which all of a table is drawn (at most 60 rows).
QSizeF tableSize(const ViewTable& table);

enum class ViewFormat { Pdf, Svg, Png, Csv, Markdown };

struct ViewExportOptions {
    ViewFormat format = ViewFormat::Pdf;
    QSizeF millimetres{160, 100};  ///< of a picture
    int scale = 2;                 ///< pixels of a PNG per pixel of the screen
    bool paper = true;             ///< light colours whatever the window has
};

/// "pdf", "svg", "png", "csv", "md".
QString formatEnding(ViewFormat format);
bool isPicture(ViewFormat format);
/// "Perplexity · wikitext" as a file's name: "perplexity-wikitext.pdf".
QString exportFileName(const ExportableView& view, ViewFormat format);

/// The file's content. `screen` are the colours that the window has now.
Result<QByteArray> renderView(ExportableView& view, const ViewExportOptions& options,
                              const ThemeColors& screen);
/// Writes it under its name only when it is complete.
Status exportView(ExportableView& view, const ViewExportOptions& options, const ThemeColors& screen,
                  const QString& path);

}  // namespace skd
