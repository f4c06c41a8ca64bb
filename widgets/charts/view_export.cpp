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

int wholeDpi() {
    return static_cast<int>(std::lround(logicalDpi()));
}

tl::unexpected<Error> failure(ErrorCode code, const char* text) {
    return fail(code, QCoreApplication::translate("Export", text).toStdString());
}

/// What a device writes into a buffer when the view is drawn on it.
template <class Device>
Result<QByteArray> drawnOn(Device& device, QBuffer& buffer, ExportableView& view,
                           const QSizeF& size, const ThemeColors& colors, const char* notStarted) {
    QPainter painter;
    if (!painter.begin(&device)) return failure(ErrorCode::Io, notStarted);
    paintPage(painter, view, size, colors);
    painter.end();
    return buffer.data();
}

Result<QByteArray> toPdf(ExportableView& view, const ViewExportOptions& options,
                         const ThemeColors& colors) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setTitle(view.viewName());
    writer.setCreator(QCoreApplication::applicationName());
    writer.setResolution(wholeDpi());
    writer.setPageSize(
        QPageSize(options.millimetres, QPageSize::Millimeter, {}, QPageSize::ExactMatch));
    writer.setPageMargins({});
    return drawnOn(writer, buffer, view, pixelsOf(options), colors,
                   "the PDF writer could not start");
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
    generator.setResolution(wholeDpi());
    generator.setSize(size.toSize());
    generator.setViewBox(QRectF(QPointF(0, 0), size));
    return drawnOn(generator, buffer, view, size, colors, "the SVG writer could not start");
}

Result<QByteArray> toPng(ExportableView& view, const ViewExportOptions& options,
                         const ThemeColors& colors) {
    const QSizeF size = pixelsOf(options);
    const QSize pixels = (size * options.scale).toSize();
    if (static_cast<double>(pixels.width()) * pixels.height() > kMostPixels)
        return failure(
            ErrorCode::InvalidInput,
            "the picture would have more than 200 million pixels: choose a smaller size");
    QImage image(pixels, QImage::Format_ARGB32_Premultiplied);
    if (image.isNull())
        return failure(ErrorCode::OutOfMemory,
                       "there is not enough memory for this picture: choose a smaller size");
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
        return failure(ErrorCode::Io, "the picture cannot be written as PNG");
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
        return failure(ErrorCode::InvalidInput, "a picture needs at least 20 by 15 mm");
    if (options.format == ViewFormat::Csv) return toCsv(view.viewTable());
    if (options.format == ViewFormat::Markdown) return toMarkdown(view.viewTable());
    if (options.format == ViewFormat::Pdf) return toPdf(view, options, colors);
    if (options.format == ViewFormat::Svg) return toSvgFile(view, options, colors);
    return toPng(view, options, colors);
}

Status exportView(ExportableView& view, const ViewExportOptions& options, const ThemeColors& screen,
                  const QString& path) {
    SKD_TRY(const QByteArray bytes, renderView(view, options, screen));
    return writeFileAtomically(path.toStdString(),
                               {bytes.constData(), static_cast<std::size_t>(bytes.size())});
}

}  // namespace skd
