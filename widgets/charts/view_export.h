#pragma once

#include <QByteArray>
#include <QSizeF>
#include <QString>

#include "base/result.h"
#include "style/theme.h"

namespace skd {

class ExportableView;

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
