#include "compare/study_view.h"

#include <QComboBox>
#include <QFileDialog>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSvgRenderer>
#include <QTextBrowser>
#include <QTextTable>
#include <QUrl>
#include <algorithm>
#include <cmath>
#include <utility>

#include "controls/data_table.h"
#include "report/report.h"

namespace skd {

/// A study's results with the report made of them.
struct StudyReport {
    StudyResults results;
    Report report;
};

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

/// A study's whole report to read: tables beside the paper's, warnings, findings, criteria,
/// figures.
class ReportDialog : public QDialog {
    Q_DECLARE_TR_FUNCTIONS(skd::ReportDialog)
public:
    ReportDialog(std::shared_ptr<const StudyReport> report, QWidget* parent)
        : QDialog(parent),
          m_report(std::move(report)),
          m_text(named(new QTextBrowser(this), "report.text")) {
        setObjectName(QStringLiteral("reportDialog"));
        setWindowTitle(asText(m_report->report.title));
        resize(900, 680);
        m_text->setAccessibleName(tr("Report"));
        m_text->setOpenExternalLinks(true);
        m_text->document()->setDocumentMargin(18);
        auto* close = new QPushButton(tr("Close"), this);
        addAll(new QVBoxLayout(this), {{m_text, 1}, addAll(makeRow(), {rest(), close, m_export})});
        connect(close, &QPushButton::clicked, this, &QDialog::close);
        fill();
        whenChanged(this, QEvent::PaletteChange, [this] { fill(); });
    }
    [[nodiscard]] QPushButton& exporting() { return *m_export; }

private:
    void fill() {
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

    std::shared_ptr<const StudyReport> m_report;
    QTextBrowser* m_text;
    QPushButton* m_export = new QPushButton(tr("Export report…"), this);
};

/// Everything that one study has measured so far.
Result<StudyReport> readStudyReport(const RunStore& store, StudyId study) {
    SKD_TRY(StudyResults results, loadStudy(store, study));
    Report report = makeReport(results);
    return StudyReport{std::move(results), std::move(report)};
}

}  // namespace

StudyView::StudyView(Workspace& workspace, QWidget* parent)
    : CompareView(parent),
      m_workspace(workspace),
      m_model(new GridModel(this)),
      m_table(named(new DataTable(tr("Table of the study"), this), "compare.study.table")) {
    m_table->setModel(m_model);
    m_criteria =
        wrapped(makeLabel({}, TextRole::Small, "secondary", this, "compare.study.criteria"));
    m_empty = wrapped(makeLabel({}, TextRole::Body, "secondary", this, "compare.study.empty"));
    m_empty->setAlignment(Qt::AlignCenter);
    addAll(makeColumn(4, this), {{m_empty, 1}, {m_table, 1}, m_criteria});
    m_studies = named(new QComboBox(this), "compare.studies", tr("Study"));
    m_studies->setFont(textFont(TextRole::Small));
    m_open = makeButton(tr("Whole report…"), "compare.report", {}, this);
    m_export = makeButton(tr("Export report…"), "compare.report.export", {}, this);
    for (QPushButton* button : {m_open, m_export}) {
        button->setProperty("link", true);
        button->setFont(textFont(TextRole::Small));
    }
    addControls({m_studies, m_open, m_export});
    connect(m_studies, &QComboBox::currentIndexChanged, this, &StudyView::load);
    connect(m_open, &QPushButton::clicked, this, &StudyView::openReport);
    connect(m_export, &QPushButton::clicked, this, &StudyView::askFolder);
    setFocusProxy(m_table);
    clear(tr("Reading the studies…"));
}

void StudyView::draw() {
    const ComparedRun* front = m_scene.data->find(m_scene.current);
    const StudyId study = front == nullptr ? StudyId{} : front->row.study;
    if (study == m_ofRun || study == StudyId{}) return;
    m_ofRun = study;
    m_follow = true;
    reload();
}

void StudyView::reload() {
    ++m_waiting;
    m_workspace.reader().ask(
        this, [](const RunStore& store) { return store.studies(); },
        [this](Result<std::vector<StudyRow>> studies) {
            --m_waiting;
            if (!studies) return clear(asText(studies.error()));
            takeStudies(*studies);
        });
}

void StudyView::takeStudies(const std::vector<StudyRow>& studies) {
    const QSignalBlocker quiet(m_studies);
    const QVariant kept = std::exchange(m_follow, false)
                              ? QVariant::fromValue<qlonglong>(m_ofRun.value())
                              : m_studies->currentData();
    m_studies->clear();
    for (const StudyRow& study : studies)
        m_studies->addItem(asText(study.name), QVariant::fromValue<qlonglong>(study.id.value()));
    m_studies->setCurrentIndex(m_studies->count() == 0 ? -1
                                                       : std::max(0, m_studies->findData(kept)));
    m_studies->setEnabled(!studies.empty());
    load();
}

void StudyView::load() {
    if (m_studies->currentIndex() < 0)
        return clear(
            tr("This workspace has no study yet. A study runs several variants and seeds and fills "
               "one of the paper's tables."));
    const StudyId study(m_studies->currentData().toLongLong());
    ++m_waiting;
    m_workspace.reader().ask(
        this, [study](const RunStore& store) { return readStudyReport(store, study); },
        [this, study](Result<StudyReport> report) {
            --m_waiting;
            if (study.value() != m_studies->currentData().toLongLong())
                return;  // another was chosen meanwhile
            if (report)
                take(std::move(*report));
            else
                clear(asText(report.error()));
        });
}

void StudyView::clear(const QString& why) {
    m_report.reset();
    m_model->setGrid({}, {});
    m_empty->setText(why);
    m_empty->show();
    m_table->hide();
    m_criteria->hide();
    m_open->setEnabled(false);
    m_export->setEnabled(false);
}

void StudyView::take(StudyReport report) {
    m_report = std::make_shared<const StudyReport>(std::move(report));
    const ReportTable& main = m_report->report.main;
    GridModel::Rows rows;
    for (const auto& row : main.rows) {
        std::vector<GridCell> cells;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool own =
                i < main.header.size() && main.header[i].rfind("post-KD", 0) == 0 && row[i] != "–";
            cells.push_back({asText(row[i]), std::nan(""), own, {}, {}});
        }
        rows.push_back(std::move(cells));
    }
    m_table->setAccessibleName(asText(m_report->report.title));
    m_model->setStrongColor(themeColors(this).accent);
    m_model->setGrid(asTexts(main.header), std::move(rows));
    m_table->fitColumns(220);
    QStringList verdicts;
    for (const Criterion& criterion : m_report->report.criteria)
        if (criterion.verdict != Verdict::NotApplicable)
            verdicts << (criterion.verdict == Verdict::Pass ? QStringLiteral("✓ ")
                                                            : QStringLiteral("✗ ")) +
                            asText(criterion.name);
    m_criteria->setText(verdicts.isEmpty()
                            ? QString()
                            : tr("criteria: %1").arg(verdicts.join(QStringLiteral("   "))));
    m_criteria->setVisible(!verdicts.isEmpty());
    m_empty->hide();
    m_table->show();
    m_open->setEnabled(true);
    m_export->setEnabled(true);
}

void StudyView::openReport() {
    if (!m_report) return;
    auto* dialog = new ReportDialog(m_report, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(&dialog->exporting(), &QPushButton::clicked, this, &StudyView::askFolder);
    dialog->show();
}

void StudyView::askFolder() {
    const QString folder =
        QFileDialog::getExistingDirectory(this, tr("Folder for the report's files"));
    if (!folder.isEmpty()) exportReport(folder);
}

void StudyView::exportReport(const QString& folder) {
    if (!m_report) return;
    ++m_waiting;
    m_workspace.reader().ask(
        this,
        [report = m_report, folder](const RunStore&) {
            return writeReport(report->results, folder.toStdString(),
                               {"md", "html", "csv", "json"});
        },
        [this, folder](Result<std::vector<std::string>> files) {
            --m_waiting;
            Q_EMIT said(files ? tr("The report is in %1 (%2 files).").arg(folder).arg(files->size())
                              : asText(files.error()));
        });
}

}  // namespace skd
