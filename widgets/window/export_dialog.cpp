#include "window/export_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <algorithm>
#include <cmath>

#include "bridge/text.h"
#include "charts/exportable_view.h"
#include "controls/build.h"

namespace skd {

namespace {

constexpr QSize kThumbnail(168, 104);
constexpr int kPreviewLines = 14;

/// A view as it will look, as large as it fits.
QPixmap pictureOf(ExportableView& view, const QSizeF& page, const QSize& room,
                  const ThemeColors& colors, double ratio) {
    const double scale = std::min(room.width() / page.width(), room.height() / page.height());
    QPixmap picture((page * scale * ratio).toSize().expandedTo({1, 1}));
    picture.setDevicePixelRatio(ratio);
    picture.fill(colors.card);
    QPainter painter(&picture);
    painter.scale(scale, scale);
    view.paintView(painter, QRectF(QPointF(0, 0), page).adjusted(8, 8, -8, -8), colors);
    return picture;
}

}  // namespace

ExportDialog::ExportDialog(std::vector<ExportableView*> views, const ExportableView* chosen,
                           QWidget* parent)
    : QDialog(parent), m_views(std::move(views)) {
    setObjectName(QStringLiteral("exportDialog"));
    setWindowTitle(tr("Export view"));
    resize(860, 560);
    m_folder = QSettings()
                   .value("export/folder",
                          QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation))
                   .toString();
    m_list = named(new QListWidget(this), "export.views", tr("Views of this page"));
    m_preview = new QLabel(this);
    m_remark = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "export.remark"));
    auto* form = new QFormLayout;
    buildForm(form);
    auto* close = new QPushButton(tr("Close"), this);
    auto* buttons = addAll(makeRow(), {{m_remark, 1}, close, m_export});
    auto* right = addAll(makeColumn(), {{m_preview, 1}, form, buttons});
    addAll(new QHBoxLayout(this), {m_list, {right, 1}});
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    buildViews(chosen);
    connectParts();
    onView();
    onFormat();
}

void ExportDialog::buildViews(const ExportableView* chosen) {
    m_list->setIconSize(kThumbnail);
    m_list->setFixedWidth(kThumbnail.width() + 40);
    m_list->setViewMode(QListView::IconMode);
    m_list->setMovement(QListView::Static);
    m_list->setFlow(QListView::TopToBottom);
    m_list->setWrapping(false);
    m_list->setSpacing(4);
    m_list->setWordWrap(true);
    const ThemeColors& colors = themeColors(this);
    for (ExportableView* view : m_views) {
        const QPixmap picture =
            pictureOf(*view, QSizeF(420, 260), kThumbnail, colors, devicePixelRatioF());
        QIcon icon(picture);
        icon.addPixmap(picture, QIcon::Selected);  // else the chosen one is tinted
        auto* item = new QListWidgetItem(icon, view->viewName(), m_list);
        item->setSizeHint({kThumbnail.width() + 10, kThumbnail.height() + 40});
    }
    const auto found = std::find(m_views.begin(), m_views.end(), chosen);
    m_list->setCurrentRow(found == m_views.end() ? 0 : static_cast<int>(found - m_views.begin()));
}

void ExportDialog::buildForm(QFormLayout* form) {
    m_format = named(new QComboBox(this), "export.format", tr("Format"));
    for (const QString& text :
         {tr("PDF – vector, for papers"), tr("SVG – vector, for the web and drawing programs"),
          tr("PNG – pixels"), tr("CSV – the full data"), tr("Markdown – a table")})
        m_format->addItem(text);
    const auto length = [this](const char* id, const QString& name, double value) {
        auto* box = named(new QDoubleSpinBox(this), id, name);
        box->setRange(20, 1000);
        box->setDecimals(0);
        box->setValue(value);
        box->setSuffix(tr(" mm"));
        return box;
    };
    m_width = length("export.width", tr("Width"), 160);
    m_height = length("export.height", tr("Height"), 100);
    m_scale = named(new QComboBox(this), "export.scale", tr("Pixels"));
    for (int scale = 1; scale <= 4; ++scale)
        m_scale->addItem(tr("%1 × the screen's pixels").arg(scale));
    m_scale->setCurrentIndex(1);
    m_paper = named(new QCheckBox(tr("light colours, for paper"), this), "export.paper");
    m_paper->setChecked(true);
    m_path = named(new QLineEdit(this), "export.path", tr("File"));
    m_browse = new QPushButton(tr("Choose…"), this);
    m_export = makePrimary(tr("Export"), "export.go", {}, this);
    m_export->setDefault(true);
    const auto pair = [](QWidget* first, QWidget* second) {
        return addAll(makeRow(), {{first, 1}, second});
    };
    form->addRow(tr("Format"), m_format);
    form->addRow(tr("Width, height"), pair(m_width, m_height));
    form->addRow(tr("Pixels"), pair(m_scale, m_paper));
    form->addRow(tr("File"), pair(m_path, m_browse));
}

void ExportDialog::connectParts() {
    m_preview->setAlignment(Qt::AlignCenter);
    m_preview->setMinimumSize(300, 200);
    m_preview->setAccessibleName(tr("Preview"));
    m_preview->setTextFormat(Qt::PlainText);
    connect(m_list, &QListWidget::currentRowChanged, this, &ExportDialog::onView);
    connect(m_format, &QComboBox::currentIndexChanged, this, &ExportDialog::onFormat);
    for (QDoubleSpinBox* box : {m_width, m_height})
        connect(box, &QDoubleSpinBox::valueChanged, this, &ExportDialog::showPreview);
    connect(m_paper, &QCheckBox::toggled, this, &ExportDialog::showPreview);
    connect(m_path, &QLineEdit::textChanged, this, &ExportDialog::remark);
    connect(m_browse, &QPushButton::clicked, this, &ExportDialog::browse);
    connect(m_export, &QPushButton::clicked, this, &ExportDialog::carryOut);
}

ViewExportOptions ExportDialog::options() const {
    return {static_cast<ViewFormat>(m_format->currentIndex()),
            QSizeF(m_width->value(), m_height->value()), m_scale->currentIndex() + 1,
            m_paper->isChecked()};
}

ExportableView* ExportDialog::view() const {
    const int row = m_list->currentRow();
    return row < 0 || row >= static_cast<int>(m_views.size()) ? nullptr : m_views[row];
}

/// A table asks for its own shape; a chart for that of a figure over the width of a page.
void ExportDialog::onView() {
    if (view() == nullptr) return;
    const QSizeF liked = view()->viewSize();
    if (!liked.isEmpty()) {
        const double pixel = 25.4 / logicalDpi(),
                     width = std::clamp(liked.width() * pixel + 6, 40.0, 190.0);
        m_width->setValue(std::ceil(width));
        m_height->setValue(std::ceil(std::clamp(
            (liked.height() + 18) * pixel * std::min(1.0, width / (liked.width() * pixel + 6)),
            20.0, 400.0)));
    } else {
        m_width->setValue(160);
        m_height->setValue(100);
    }
    proposePath();
    showPreview();
}

void ExportDialog::onFormat() {
    const ViewFormat format = options().format;
    for (QWidget* widget : std::initializer_list<QWidget*>{m_width, m_height, m_paper})
        widget->setEnabled(isPicture(format));
    m_scale->setEnabled(format == ViewFormat::Png);
    proposePath();
    showPreview();
}

void ExportDialog::proposePath() {
    if (view() != nullptr)
        m_path->setText(QDir::toNativeSeparators(
            QDir(m_folder).filePath(exportFileName(*view(), options().format))));
}

QString ExportDialog::textPreview() const {
    ViewTable table = view()->viewTable();
    table.rows = std::min(table.rows, kPreviewLines);
    const QString text =
        QString::fromUtf8(options().format == ViewFormat::Csv ? toCsv(table) : toMarkdown(table));
    QStringList lines;
    for (const QString& line : text.split(QLatin1Char('\n')))
        lines << line.left(110).remove(QLatin1Char('\r'));
    return lines.join(QLatin1Char('\n'));
}

void ExportDialog::showPreview() {
    if (view() == nullptr) return;
    if (!isPicture(options().format)) {
        m_preview->setAlignment(Qt::AlignLeft | Qt::AlignTop);
        return m_preview->setText(textPreview());
    }
    m_preview->setAlignment(Qt::AlignCenter);
    const ThemeColors& colors = options().paper ? paperColors() : themeColors(this);
    const QSize room = m_preview->size().expandedTo({300, 200}) - QSize(8, 8);
    m_preview->setPixmap(pictureOf(*view(), options().millimetres * (logicalDpi() / 25.4), room,
                                   colors, devicePixelRatioF()));
}

void ExportDialog::resizeEvent(QResizeEvent* event) {
    QDialog::resizeEvent(event);
    showPreview();
}

void ExportDialog::remark() {
    const QFileInfo file(m_path->text());
    setTone(m_remark, "secondary");
    m_export->setEnabled(!m_path->text().trimmed().isEmpty());
    m_remark->setText(file.isFile() ? tr("A file of this name is there; exporting replaces it.")
                                    : QString());
}

void ExportDialog::browse() {
    const QString ending = formatEnding(options().format);
    const QString path =
        QFileDialog::getSaveFileName(this, tr("Export view"), m_path->text(),
                                     tr("%1 files (*.%2)").arg(ending.toUpper(), ending), nullptr,
                                     QFileDialog::DontConfirmOverwrite);
    if (!path.isEmpty()) m_path->setText(path);
}

void ExportDialog::carryOut() {
    if (view() == nullptr) return;
    QFileInfo file(QDir::fromNativeSeparators(m_path->text().trimmed()));
    if (file.suffix().isEmpty())
        file.setFile(file.filePath() + QLatin1Char('.') + formatEnding(options().format));
    const Status written =
        exportView(*view(), options(), themeColors(this), file.absoluteFilePath());
    setTone(m_remark, written ? "secondary" : "bad");
    if (!written) return m_remark->setText(asText(written.error()));
    m_folder = file.absolutePath();
    QSettings().setValue("export/folder", m_folder);
    m_remark->setText(tr("Written: %1").arg(QDir::toNativeSeparators(file.absoluteFilePath())));
}

}  // namespace skd
