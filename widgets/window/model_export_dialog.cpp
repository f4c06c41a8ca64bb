#include "window/model_export_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>

#include "bridge/model_names.h"
#include "controls/build.h"
#include "controls/model_picker.h"
#include "spec/model_name.h"
#include "spec/run_reference.h"
#include "window/model_export_card.h"

namespace skd {

namespace {

/// What an entry of the first list stands for: a program, or a format by itself.
struct Purpose {
    std::optional<ExportTarget> target;
    ExportFormat format = ExportFormat::Hf;
    [[nodiscard]] bool isGguf() const {
        return target ? *target == ExportTarget::LlamaCpp : format == ExportFormat::Gguf;
    }
    [[nodiscard]] QString name() const {
        return QString::fromLatin1(target ? enumName(*target) : enumName(format));
    }
};
constexpr std::array kPurposes{
    Purpose{ExportTarget::Vllm},         Purpose{ExportTarget::LlamaCpp},
    Purpose{ExportTarget::Transformers}, Purpose{{}, ExportFormat::Hf},
    Purpose{{}, ExportFormat::HfDense},  Purpose{{}, ExportFormat::Gguf}};

bool isComplete(const RunRow& run) {
    return run.status == RunStatus::Completed && !run.deleted;
}

}  // namespace

ModelExportDialog::ModelExportDialog(Workspace& workspace, RunMonitor& monitor,
                                     const std::vector<RunRow>& runs, RunId chosen, QWidget* parent)
    : QDialog(parent), m_workspace(workspace), m_runner(workspace, monitor) {
    setObjectName(QStringLiteral("exportModel"));
    setWindowTitle(tr("Export model"));
    resize(760, 620);
    const QString documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    m_parentFolder = QSettings().value("exportModel/folder", documents).toString();
    auto* form = new QFormLayout;
    form->setLabelAlignment(Qt::AlignRight);
    form->setHorizontalSpacing(14);
    form->setVerticalSpacing(9);
    m_size = new QDoubleSpinBox(this);
    m_sizeName = new QLabel(tr("Removed"), this);
    buildTargets();
    buildFolder();
    buildState();
    buildForm(form, runs, chosen);
    m_card = new ModelExportCard(this);
    m_close = new QPushButton(tr("Close"), this);
    auto* buttons = addAll(makeRow(), {{m_line, 1}, m_stop, m_close, m_start});
    addAll(makeColumn(12, this, {22, 18, 22, 16}), {form, m_progress, buttons, {m_card, 1}});
    connectParts();
    onTarget();
    onModel();
    showState();
}

void ModelExportDialog::buildForm(QFormLayout* form, const std::vector<RunRow>& runs,
                                  RunId chosen) {
    m_model = named(new ModelPicker(tr("Model"), tr("a run's model, a folder or a file"), this),
                    "exportModel.model");
    QStringList paths;
    std::map<QString, QString> titles;
    for (const RunRow& run : runs) {
        if (!isComplete(run)) continue;
        const QString path = ModelNames::pathOf(run.id);
        titles[path] = tr("%1 (run %2)").arg(asText(run.name)).arg(run.id.value());
        paths << path;
    }
    m_model->setChoices(paths, [&titles](const QString& path) { return titles[path]; });
    if (const QString path = ModelNames::pathOf(chosen); paths.contains(path))
        m_model->setPath(path);
    else if (!paths.isEmpty())
        m_model->setPath(paths.front());
    m_size = named(m_size, "exportModel.size", tr("Removed"));
    m_size->setDecimals(1);
    m_size->setSuffix(tr(" %"));
    m_size->setToolTip(tr("Of an elastic run: how much of the matrices that it cuts is removed"));
    form->addRow(tr("Model"), m_model);
    form->addRow(m_sizeName, m_size);
    form->addRow(tr("For"), m_target);
    form->addRow(tr("Type"), m_type);
    form->addRow(tr("Folder"), addAll(makeRow(), {{m_folder, 1}, m_browse}));
    form->addRow(QString(), m_replace);
}

void ModelExportDialog::buildTargets() {
    m_target = named(new QComboBox(this), "exportModel.for", tr("For"));
    const QStringList texts{tr("vLLM"),
                            tr("llama.cpp"),
                            tr("transformers"),
                            tr("format hf – cut layers as they are, with a modelling file"),
                            tr("format hf-dense – the family's own classes"),
                            tr("format gguf")};
    for (const QString& text : texts) m_target->addItem(text);
    m_target->insertSeparator(3);
    for (int i = 0, purpose = 0; i < m_target->count(); ++i)
        if (!m_target->itemText(i).isEmpty()) m_target->setItemData(i, purpose++);
    m_target->setToolTip(
        tr("A program gets the format that keeps most of the model there; what it keeps or loses "
           "is said at the end"));
    m_type = named(new QComboBox(this), "exportModel.type", tr("Type"));
    m_type->setToolTip(tr("Of the weights as they are written"));
}

void ModelExportDialog::buildFolder() {
    m_folder = named(new QLineEdit(this), "exportModel.folder", tr("Folder"));
    m_folder->setToolTip(tr("A new folder; it appears when everything is in it"));
    m_browse = new QPushButton(tr("Choose…"), this);
    m_replace =
        named(new QCheckBox(tr("replace the export that is there"), this), "exportModel.replace");
}

void ModelExportDialog::buildState() {
    m_start = makePrimary(tr("Export"), "exportModel.go", {}, this);
    m_start->setDefault(true);
    m_stop = makeButton(tr("Stop"), "exportModel.stop",
                        tr("Stops the export; nothing of it is kept"), this);
    m_progress =
        named(new QProgressBar(this), "exportModel.progress", tr("Progress of the export"));
    m_progress->setTextVisible(false);
    m_line = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "exportModel.line"));
    m_line->setTextFormat(Qt::PlainText);
    m_line->setAccessibleName(tr("State of the export"));
}

void ModelExportDialog::connectParts() {
    connect(m_model, &ModelPicker::pathChanged, this, &ModelExportDialog::onModel);
    connect(m_target, &QComboBox::currentIndexChanged, this, &ModelExportDialog::onTarget);
    connect(m_size, &QDoubleSpinBox::valueChanged, this, &ModelExportDialog::proposeFolder);
    connect(m_folder, &QLineEdit::textEdited, this, [this] { m_ownFolder = true; });
    connect(m_folder, &QLineEdit::textChanged, this, &ModelExportDialog::showState);
    connect(m_browse, &QPushButton::clicked, this, [this] {
        const QString folder = QFileDialog::getExistingDirectory(
            this, tr("Folder for the export's folder"), m_parentFolder);
        if (folder.isEmpty()) return;
        m_parentFolder = folder;
        m_ownFolder = false;
        proposeFolder();
    });
    connect(m_start, &QPushButton::clicked, this, &ModelExportDialog::start);
    connect(m_stop, &QPushButton::clicked, &m_runner, &TaskRunner::cancel);
    connect(m_close, &QPushButton::clicked, this, &QDialog::reject);
    connect(&m_runner, &TaskRunner::changed, this, &ModelExportDialog::showState);
    connect(&m_runner, &TaskRunner::failed, this, &ModelExportDialog::complain);
    connect(&m_runner, &TaskRunner::finished, this, [this](const TaskFinished& event) {
        if (event.cancelled || !event.result.is_object())
            return m_line->setText(tr("Stopped; nothing was written."));
        showWritten(event.result);
    });
}

void ModelExportDialog::onModel() {
    showSizes({});
    proposeFolder();
    const QString path = m_model->path();
    const std::optional<RunId> run = ModelNames::runOf(path);
    if (!run || ModelNames::isSlice(path)) return;
    m_workspace.reader().ask(
        this, [run = *run](const RunStore& store) { return store.details(run); },
        [this, path](Result<RunDetails> details) {
            if (details && m_model->path() == path) showSizes(details->summary.elastic);
        });
}

void ModelExportDialog::showSizes(const std::optional<ElasticSummary>& sizes) {
    m_size->setVisible(sizes.has_value());
    m_sizeName->setVisible(sizes.has_value());
    if (!sizes) return;
    m_size->setRange(100 * sizes->largest, 100 * sizes->smallest);
    m_size->setValue(100 * sizes->selection);
    proposeFolder();
}

void ModelExportDialog::onTarget() {
    const bool gguf = kPurposes[m_target->currentData().toUInt()].isGguf();
    const QVariant kept = m_type->currentData();
    m_type->clear();
    for (const auto& [type, name] : kNames<ExportType>)
        if (gguf || !isQuantised(type))
            m_type->addItem(QString::fromLatin1(name), static_cast<int>(type));
    m_type->setCurrentIndex(std::max(0, m_type->findData(kept)));
    proposeFolder();
}

/// "SmolLM2-135M-Instruct-vllm" beside the last export; "run7-42pc-gguf".
void ModelExportDialog::proposeFolder() {
    if (m_ownFolder) return showState();
    const Purpose& purpose = kPurposes[m_target->currentData().toUInt()];
    const std::optional<RunId> run = ModelNames::runOf(m_model->path());
    QString name = run ? QStringLiteral("run%1").arg(run->value())
                       : asText(modelName(m_model->path().toStdString()));
    if (!m_size->isHidden())
        name += QStringLiteral("-%1pc").arg(asText(removedPercent(m_size->value() / 100)));
    name += QLatin1Char('-') + purpose.name();
    m_folder->setText(QDir::toNativeSeparators(QDir(m_parentFolder).filePath(name)));
    showState();
}

ExportRequest ModelExportDialog::request() const {
    const Purpose& purpose = kPurposes[m_target->currentData().toUInt()];
    ExportRequest request;
    request.target = purpose.target;
    request.format = purpose.format;
    request.type = static_cast<ExportType>(m_type->currentData().toInt());
    request.model.path = m_model->path().toStdString();
    if (const auto run = ModelNames::runOf(m_model->path()); run && !m_size->isHidden())
        request.model.path = RunReference{*run, {}, m_size->value() / 100}.text();
    const QString folder = QDir::fromNativeSeparators(m_folder->text().trimmed());
    request.out = QFileInfo(folder).absoluteFilePath().toStdString();
    request.workspace = m_workspace.path();
    request.replace = m_replace->isChecked();
    return request;
}

void ModelExportDialog::start() {
    setTone(m_line, "secondary");
    m_card->hide();
    QDir().mkpath(QFileInfo(asText(request().out)).absolutePath());
    m_runner.start(ExportTask{request()});
}

void ModelExportDialog::showState() {
    const bool busy = m_runner.busy(),
               there = QFileInfo::exists(m_folder->text().trimmed()) && !busy;
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_model, m_size, m_target, m_type, m_folder, m_browse})
        widget->setEnabled(!busy);
    m_replace->setEnabled(there);
    if (!there && !busy) m_replace->setChecked(false);
    m_start->setEnabled(!busy && !m_model->path().isEmpty() &&
                        !m_folder->text().trimmed().isEmpty());
    m_stop->setEnabled(busy && m_runner.state() != TaskRunner::State::Cancelling);
    m_progress->setRange(0, busy && m_runner.share() < 0 ? 0 : 1000);
    m_progress->setValue(busy ? static_cast<int>(1000 * std::max(0.0, m_runner.share())) : 0);
    if (busy) m_line->setText(m_runner.line());
}

void ModelExportDialog::showWritten(const Json& record) {
    const QString folder = asText(valueOr(record, "out", ""));
    m_parentFolder = QFileInfo(folder).absolutePath();
    QSettings().setValue("exportModel/folder", m_parentFolder);
    m_progress->setRange(0, 1000);
    m_progress->setValue(1000);
    m_line->setText(tr("Written: %1").arg(QDir::toNativeSeparators(folder)));
    m_card->show(record);
}

void ModelExportDialog::complain(const QString& text) {
    setTone(m_line, "bad");
    m_line->setText(text);
}

}  // namespace skd
