#include "charts/view_export.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QImage>
#include <QPainter>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QSvgGenerator>
#include <cmath>

#include "base/files.h"
#include "base/text.h"
#include "charts/exportable_view.h"

namespace skd {

namespace {

constexpr double kMargin = 8;          ///< pixels around a view
constexpr double kMostPixels = 2.0e8;  ///< of a PNG: 800 MB

QString translate(const char* text) {
    return QCoreApplication::translate("Export", text);
}

QSizeF pixelsOf(const ViewExportOptions& options) {
    return options.millimetres * (logicalDpi() / 25.4);
}

void paintPage(QPainter& painter, ExportableView& view, const QSizeF& size,
               const ThemeColors& colors) {
    painter.fillRect(QRectF(QPointF(0, 0), size), colors.card);
    view.paintView(painter,
                   QRectF(QPointF(0, 0), size).adjusted(kMargin, kMargin, -kMargin, -kMargin),
                   colors);
}

Result<QByteArray> toPdf(ExportableView& view, const ViewExportOptions& options,
                         const ThemeColors& colors) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setTitle(view.viewName());
        writer.setCreator(QCoreApplication::applicationName());
        writer.setResolution(static_cast<int>(std::lround(logicalDpi())));
        writer.setPageSize(
            QPageSize(options.millimetres, QPageSize::Millimeter, {}, QPageSize::ExactMatch));
        writer.setPageMargins({});
        QPainter painter(&writer);
        if (!painter.isActive())
            return fail(ErrorCode::Io, translate("the PDF writer could not start").toStdString());
        paintPage(painter, view, pixelsOf(options), colors);
    }
    return buffer.data();
}

Result<QByteArray> toSvgFile(ExportableView& view, const ViewExportOptions& options,
                             const ThemeColors& colors) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    const QSizeF size = pixelsOf(options);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setTitle(view.viewName());
    generator.setDescription(QCoreApplication::applicationName());
    generator.setResolution(static_cast<int>(std::lround(logicalDpi())));
    generator.setSize(size.toSize());
    generator.setViewBox(QRectF(QPointF(0, 0), size));
    QPainter painter;
    if (!painter.begin(&generator))
        return fail(ErrorCode::Io, translate("the SVG writer could not start").toStdString());
    paintPage(painter, view, size, colors);
    painter.end();
    return buffer.data();
}

Result<QByteArray> toPng(ExportableView& view, const ViewExportOptions& options,
                         const ThemeColors& colors) {
    const QSizeF size = pixelsOf(options);
    const QSize pixels = (size * options.scale).toSize();
    if (static_cast<double>(pixels.width()) * pixels.height() > kMostPixels)
        return fail(
            ErrorCode::InvalidInput,
            translate("the picture would have more than 200 million pixels: choose a smaller size")
                .toStdString());
    QImage image(pixels, QImage::Format_ARGB32_Premultiplied);
    if (image.isNull())
        return fail(ErrorCode::OutOfMemory,
                    translate("there is not enough memory for this picture: choose a smaller size")
                        .toStdString());
    image.setDevicePixelRatio(options.scale);
    {
        QPainter painter(&image);
        paintPage(painter, view, size, colors);
    }
    // Only now: fonts would grow with it.
    image.setDotsPerMeterX(static_cast<int>(std::lround(logicalDpi() * options.scale / 0.0254)));
    image.setDotsPerMeterY(image.dotsPerMeterX());
    image.setText(QStringLiteral("Title"), view.viewName());
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    if (!image.save(&buffer, "PNG"))
        return fail(ErrorCode::Io, translate("the picture cannot be written as PNG").toStdString());
    return buffer.data();
}

}  // namespace

QString formatEnding(ViewFormat format) {
    static const char* const endings[] = {"pdf", "svg", "png", "csv", "md"};
    return QLatin1String(endings[static_cast<std::size_t>(format)]);
}

bool isPicture(ViewFormat format) {
    return format == ViewFormat::Pdf || format == ViewFormat::Svg || format == ViewFormat::Png;
}

QString exportFileName(const ExportableView& view, ViewFormat format) {
    static const QRegularExpression others(QStringLiteral("[^\\w]+"),
                                           QRegularExpression::UseUnicodePropertiesOption);
    QString name = view.viewName().toLower().replace(others, QStringLiteral("-")).left(60);
    while (name.startsWith(QLatin1Char('-'))) name.remove(0, 1);
    while (name.endsWith(QLatin1Char('-'))) name.chop(1);
    return (name.isEmpty() ? QStringLiteral("view") : name) + QLatin1Char('.') +
           formatEnding(format);
}

Result<QByteArray> renderView(ExportableView& view, const ViewExportOptions& options,
                              const ThemeColors& screen) {
    const ThemeColors& colors = options.paper ? paperColors() : screen;
    if (isPicture(options.format) &&
        (options.millimetres.width() < 20 || options.millimetres.height() < 15))
        return fail(ErrorCode::InvalidInput,
                    translate("a picture needs at least 20 by 15 mm").toStdString());
    switch (options.format) {
        case ViewFormat::Pdf:
            return toPdf(view, options, colors);
        case ViewFormat::Svg:
            return toSvgFile(view, options, colors);
        case ViewFormat::Png:
            return toPng(view, options, colors);
        case ViewFormat::Csv:
            return toCsv(view.viewTable());
        case ViewFormat::Markdown:
            return toMarkdown(view.viewTable());
    }
    return QByteArray();
}

Status exportView(ExportableView& view, const ViewExportOptions& options, const ThemeColors& screen,
                  const QString& path) {
    SKD_TRY(const QByteArray bytes, renderView(view, options, screen));
    return writeFileAtomically(path.toStdString(),
                               {bytes.constData(), static_cast<std::size_t>(bytes.size())});
}

}  // namespace skd
