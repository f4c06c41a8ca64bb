// make_icons APP.svg WORKSPACE.svg FOLDER: the icon theme's tree (hicolor) out of two drawings.
#include <QDir>
#include <QFile>
#include <QImage>
#include <QPainter>
#include <QSvgRenderer>
#include <cstdio>

namespace {

bool render(QSvgRenderer& drawing, int size, const QString& file) {
    QImage image(size, size, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    drawing.render(&painter);
    painter.end();
    return image.save(file);
}

bool writeAll(const QString& svg, const QString& folder, const QString& kind, const QString& name) {
    QSvgRenderer drawing(svg);
    if (!drawing.isValid()) return false;
    for (const int size : {16, 22, 24, 32, 48, 64, 128, 256, 512}) {
        const QString place = QStringLiteral("%1/%2x%2/%3").arg(folder).arg(size).arg(kind);
        if (!QDir().mkpath(place) ||
            !render(drawing, size, place + QLatin1Char('/') + name + QStringLiteral(".png")))
            return false;
    }
    const QString scalable = QStringLiteral("%1/scalable/%2").arg(folder, kind);
    const QString copy = scalable + QLatin1Char('/') + name + QStringLiteral(".svg");
    QFile::remove(copy);
    return QDir().mkpath(scalable) && QFile::copy(svg, copy);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("make_icons APP.svg WORKSPACE.svg FOLDER\n", stderr);
        return 2;
    }
    const QString folder = QString::fromLocal8Bit(argv[3]);
    const bool done = writeAll(QString::fromLocal8Bit(argv[1]), folder, QStringLiteral("apps"),
                               QStringLiteral("sparsekd-workbench")) &&
                      writeAll(QString::fromLocal8Bit(argv[2]), folder, QStringLiteral("mimetypes"),
                               QStringLiteral("application-x-sparsekd-workspace"));
    if (!done) std::fprintf(stderr, "the icons cannot be written to %s\n", argv[3]);
    return done ? 0 : 1;
}
