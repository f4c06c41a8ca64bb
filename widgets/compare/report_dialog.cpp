#include "compare/report_dialog.h"

#include <QEvent>
#include <QImage>
#include <QPainter>
#include <QPushButton>
#include <QSvgRenderer>
#include <QTextBrowser>
#include <QTextTable>
#include <QUrl>

#include "controls/build.h"
#include "style/theme.h"

namespace skd {

namespace {

/// The figures' own colours by media query, which Qt does not know: the block is opened or dropped.
QByteArray svgFor(const std::string& svg, bool dark) {
    QByteArray text = QByteArray::fromStdString(svg);
    const QByteArray begin = "@media(prefers-color-scheme:dark){";
    const auto from = text.indexOf(begin), to = text.indexOf("}</style>", from);
    if (from < 0 || to < 0) return text;
    return dark ? text.left(from) + text.mid(from + begin.size(), to - from - begin.size()) +
                      text.mid(to + 1)
                : text.left(from) + text.mid(to + 1);
}

QImage pictureOf(const std::string& svg, const ThemeColors& colors, double ratio) {
    QSvgRenderer renderer(svgFor(svg, colors.dark));
    QSize size = renderer.viewBox().size();
    if (size.isEmpty()) size = renderer.defaultSize();
    QImage image((QSizeF(size) * ratio).toSize().expandedTo({1, 1}),
                 QImage::Format_ARGB32_Premultiplied);
    image.fill(colors.card);
    QPainter painter(&image);
    renderer.render(&painter);
    painter.end();
    image.setDevicePixelRatio(ratio);
    return image;
}

/// Markdown's tables have frames; the window's have thin rules.
void styleTables(QTextDocument& document, const ThemeColors& colors) {
    for (QTextFrame* frame : document.rootFrame()->childFrames()) {
        auto* table = qobject_cast<QTextTable*>(frame);
        if (table == nullptr) continue;
        QTextTableFormat format = table->format();
        format.setBorder(0.6);
        format.setBorderBrush(colors.border);
        format.setBorderCollapse(true);
        format.setCellSpacing(0);
        format.setCellPadding(4);
        format.setTopMargin(6);
        format.setBottomMargin(10);
        table->setFormat(format);
    }
}

}  // namespace

ReportDialog::ReportDialog(std::shared_ptr<const StudyReport> report, QWidget* parent)
    : QDialog(parent),
      m_report(std::move(report)),
      m_text(named(new QTextBrowser(this), "report.text")) {
    setObjectName(QStringLiteral("reportDialog"));
    setWindowTitle(asText(m_report->report.title));
    resize(900, 680);
    m_text->setAccessibleName(tr("Report"));
    m_text->setOpenExternalLinks(true);
    m_text->document()->setDocumentMargin(18);
    auto* keep = new QPushButton(tr("Export report…"), this);
    auto* close = new QPushButton(tr("Close"), this);
    auto* buttons = addAll(makeRow(), {rest(), close, keep});
    auto* column = new QVBoxLayout(this);
    column->addWidget(m_text, 1);
    column->addLayout(buttons);
    connect(keep, &QPushButton::clicked, this, &ReportDialog::exportRequested);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    fill();
    whenChanged(this, QEvent::PaletteChange, [this] { fill(); });
}

void ReportDialog::fill() {
    const ThemeColors& colors = themeColors(this);
    QTextDocument& document = *m_text->document();
    document.setMarkdown(asText(toMarkdown(m_report->report)),
                         QTextDocument::MarkdownDialectGitHub);
    for (const ReportFigure& figure : m_report->report.figures)
        document.addResource(QTextDocument::ImageResource,
                             QUrl(QStringLiteral("figures/%1.svg").arg(asText(figure.id))),
                             pictureOf(figure.svg, colors, devicePixelRatioF()));
    document.markContentsDirty(
        0, document.characterCount());  // pictures come after the text that names them
    styleTables(document, colors);
    m_text->moveCursor(QTextCursor::Start);
}

}  // namespace skd
