#include "charts/exportable_view.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QSvgRenderer>
#include <QXmlStreamReader>
#include <cmath>

#include "charts/plot/plot_view.h"
#include "charts/views/heat_map.h"
#include "widgets/support/gui_fixture.h"
#include "window/export_dialog.h"

namespace skd::test {
namespace {

QByteArray contentOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

class ViewExportTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        m_window->showPage(1);
        ASSERT_TRUE(waitFor([&] {
            return m_window->settled() && !plot().series().empty() && !plot().series()[0].empty();
        }));
    }
    PlotView& plot() { return find<PlotView>("recover.perplexity"); }
    /// Ctrl+E, as a person does.
    ExportDialog& open() {
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        auto* dialog = m_window->findChild<ExportDialog*>();
        if (dialog == nullptr) throw std::runtime_error("no dialog opened");
        return *dialog;
    }
    template <class W>
    static W& part(const ExportDialog& dialog, const char* name) {
        return *dialog.findChild<W*>(QLatin1String(name));
    }
    QString write(ExportDialog& dialog, ViewFormat format, const QString& name) {
        const QString path = m_folder.filePath(name);
        part<QComboBox>(dialog, "export.format").setCurrentIndex(static_cast<int>(format));
        part<QLineEdit>(dialog, "export.path").setText(path);
        QTest::mouseClick(&part<QPushButton>(dialog, "export.go"), Qt::LeftButton);
        return path;
    }
};

TEST_F(ViewExportTest, CtrlEListsTheViewsOfThePageAndTheFocusedOneIsChosen) {
    plot().setFocus();
    ExportDialog& dialog = open();
    EXPECT_EQ(part<QListWidget>(dialog, "export.views").count(), 5) << "perplexity and four losses";
    EXPECT_EQ(dialog.view(), &plot());
    EXPECT_TRUE(part<QLineEdit>(dialog, "export.path")
                    .text()
                    .endsWith("perplexity-over-optimiser-steps.pdf"));
}

TEST_F(ViewExportTest, CsvHoldsTheFullDataEvenWhereThePlotIsZoomed) {
    plot().zoomTo({20, 40});
    plot().setFocus();
    const QString path = write(open(), ViewFormat::Csv, "curve.csv");
    const QStringList lines = QString::fromUtf8(contentOf(path)).split("\r\n", Qt::SkipEmptyParts);
    ASSERT_EQ(lines.size(), 26);
    EXPECT_EQ(lines[0], "step,svd-15 · seed 42");
    for (int i = 1; i < lines.size(); ++i) {
        const QStringList cells = lines[i].split(',');
        EXPECT_EQ(cells[0].toDouble(), plot().series()[0].xs()[static_cast<std::size_t>(i - 1)]);
        EXPECT_EQ(cells[1].toDouble(), plot().series()[0].ys()[static_cast<std::size_t>(i - 1)])
            << "every digit";
    }
}

TEST_F(ViewExportTest, SvgIsWellFormedAndNoLineLeavesThePlot) {
    plot().zoomTo({20, 40});
    plot().setFocus();
    const QByteArray svg = contentOf(write(open(), ViewFormat::Svg, "curve.svg"));
    QXmlStreamReader reader(svg);
    int shapes = 0;
    while (!reader.atEnd())
        if (reader.readNext() == QXmlStreamReader::StartElement &&
            (reader.name() == u"path" || reader.name() == u"polyline" || reader.name() == u"text"))
            ++shapes;
    EXPECT_FALSE(reader.hasError()) << reader.errorString().toStdString();
    EXPECT_GT(shapes, 8);
    QSvgRenderer renderer(svg);
    ASSERT_TRUE(renderer.isValid());
    EXPECT_NEAR(renderer.viewBoxF().width(), 160 / 25.4 * logicalDpi(), 1);
    QImage image(renderer.viewBox().size(), QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    renderer.render(&painter);
    painter.end();
    EXPECT_EQ(image.pixelColor(2, 2), QColor(Qt::white)) << "light colours for paper";
    for (int y = 0; y < image.height(); ++y)  // right of the plot nothing is drawn
        EXPECT_EQ(image.pixelColor(image.width() - 3, y), QColor(Qt::white)) << y;
}

TEST_F(ViewExportTest, PngHasTheSizeAskedFor) {
    plot().setFocus();
    ExportDialog& dialog = open();
    part<QDoubleSpinBox>(dialog, "export.width").setValue(100);
    part<QDoubleSpinBox>(dialog, "export.height").setValue(60);
    part<QComboBox>(dialog, "export.scale").setCurrentIndex(3);
    const QImage image(write(dialog, ViewFormat::Png, "curve.png"));
    EXPECT_NEAR(image.width(), 4 * 100 / 25.4 * logicalDpi(), 2);
    EXPECT_NEAR(image.height(), 4 * 60 / 25.4 * logicalDpi(), 2);
    EXPECT_EQ(QColor(image.pixel(3, 3)), paperColors().card);
    EXPECT_NEAR(image.dotsPerMeterX(), 4 * logicalDpi() / 0.0254, 2);
}

TEST_F(ViewExportTest, PdfIsOnePageOfTheSizeAskedFor) {
    plot().setFocus();
    const QByteArray pdf = contentOf(write(open(), ViewFormat::Pdf, "curve.pdf"));
    EXPECT_TRUE(pdf.startsWith("%PDF-"));
    const auto at = pdf.indexOf("/MediaBox");
    ASSERT_GT(at, 0);
    const QList<QByteArray> box =
        pdf.mid(at, 80).split('[').value(1).split(']').value(0).simplified().split(' ');
    ASSERT_EQ(box.size(), 4);
    EXPECT_NEAR(box[2].toDouble(), 160 / 25.4 * 72, 1.5);
    EXPECT_NEAR(box[3].toDouble(), 100 / 25.4 * 72, 1.5);
}

TEST_F(ViewExportTest, MarkdownIsATable) {
    plot().setFocus();
    const QString text =
        QString::fromUtf8(contentOf(write(open(), ViewFormat::Markdown, "curve.md")));
    EXPECT_TRUE(text.startsWith("| step | svd-15 · seed 42 |\n|---|---:|\n| 0 |"))
        << text.left(80).toStdString();
}

TEST_F(ViewExportTest, AFolderThatCannotBeWrittenIsASentenceAndNothingIsLeft) {
    plot().setFocus();
    ExportDialog& dialog = open();
    const QString path = write(dialog, ViewFormat::Csv, "missing/folder/curve.csv");
    const QString remark = part<QLabel>(dialog, "export.remark").text();
    EXPECT_TRUE(remark.contains("missing")) << remark.toStdString();
    EXPECT_FALSE(QFile::exists(path));
    EXPECT_EQ(QDir(m_folder.path()).entryList({"*.tmp"}, QDir::Files), QStringList());
}

TEST_F(ViewExportTest, APictureTooLargeIsRefusedInWords) {
    const auto bytes =
        renderView(plot(), {ViewFormat::Png, {1000, 1000}, 4, true}, themeColors(&plot()));
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::InvalidInput);
}

TEST_F(ViewExportTest, ExportingLeavesTheScreenAsItWas) {
    const QImage before = plot().grab().toImage();
    for (ViewFormat format : {ViewFormat::Pdf, ViewFormat::Svg, ViewFormat::Png})
        ASSERT_TRUE(renderView(plot(), {format, {160, 100}, 2, true}, themeColors(&plot())));
    EXPECT_EQ(plot().grab().toImage(), before);
}

TEST_F(ViewExportTest, TheHeatMapExportsWhatItsColoursStandFor) {
    m_window->showPage(0);
    auto& map = find<HeatMap>("carve.heatmap");
    const ViewTable table = map.viewTable();
    EXPECT_EQ(table.rows, 30);
    EXPECT_EQ(table.header, (QStringList{"layer", "gate", "up", "down"}));
    bool energies = false;
    for (int row = 0; row < table.rows; ++row) {
        const double value = table.cell(row, 1).exact.toDouble();
        energies = energies || (value > 0 && value <= 1);
    }
    EXPECT_TRUE(energies);
    ASSERT_TRUE(renderView(map, {ViewFormat::Svg, {80, 160}, 1, true}, themeColors(&map)));
    QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
    const auto dialogs = m_window->findChildren<ExportDialog*>();
    ASSERT_FALSE(dialogs.isEmpty());
    EXPECT_GE(dialogs.last()->findChild<QListWidget*>("export.views")->count(), 2);
}

TEST_F(ViewExportTest, ThePaletteKnowsTheExport) {
    bool found = false;
    for (const QAction* action : m_window->actions())
        found = found || action->shortcut() == QKeySequence(Qt::CTRL | Qt::Key_E);
    EXPECT_TRUE(found);
}

}  // namespace
}  // namespace skd::test
