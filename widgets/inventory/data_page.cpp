#include "inventory/data_page.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

namespace skd {

namespace {

constexpr const char* kModels = "data/models";
constexpr const char* kCorpora = "data/corpora";

QStringList listed(const char* list) {
    return QSettings().value(QLatin1String(list)).toStringList();
}

std::vector<std::string> paths(const QStringList& list) {
    std::vector<std::string> result;
    for (const QString& path : list) result.push_back(path.toStdString());
    return result;
}

}  // namespace

DataPage::DataPage(const PageContext& context, QWidget* parent)
    : Page(parent), m_context(context), m_looking(this) {
    m_models = makeModelsCard(context.monitor.canRun(), this);
    m_corpora = makeCorporaCard(this);
    m_caches = makeCachesCard(context.workspace, this);
    addAll(makeLayout<QVBoxLayout>(),
           {{m_models, 1}, {addAll(makeRow(12), {{m_corpora, 1}, {m_caches, 1}}), 1}});
    const auto later = [this] {
        m_dirty = true;
        if (isVisible()) refresh();
    };
    m_context.workspace.events().on<RunFinished, RunFailed>(this, later);
    for (InventoryCard* card : {m_models, m_corpora, m_caches}) {
        connect(card, &InventoryCard::changedOnDisk, this, later);
        connect(card, &InventoryCard::said, this, &Page::context);
    }
    connect(m_models, &InventoryCard::addRequested, this, &DataPage::addModel);
    connect(m_models, &InventoryCard::forgetRequested, this,
            [this](const QString& path) { forget(kModels, path); });
    connect(m_models, &InventoryCard::carveRequested, this, &DataPage::openInCarve);
    connect(m_models, &InventoryCard::runRequested, this, [this](const QString& reference) {
        Q_EMIT offered(QStringLiteral("new-run"), {{"model.path", reference.toStdString()}});
    });
    connect(m_corpora, &InventoryCard::addRequested, this, &DataPage::addCorpus);
    connect(m_corpora, &InventoryCard::forgetRequested, this,
            [this](const QString& path) { forget(kCorpora, path); });
    connect(m_corpora, &InventoryCard::runRequested, this, [this](const QString& folder) {
        Q_EMIT offered(QStringLiteral("new-run"), {{"corpus.folder", folder.toStdString()}});
    });
    setFocusProxy(&m_models->table());
}

void DataPage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    if (m_dirty) refresh();
}

void DataPage::refresh() {
    m_dirty = false;
    m_read = false;
    m_context.workspace.reader().ask(
        this, [](const RunStore& store) { return store.runs(true); },
        [this](Result<std::vector<RunRow>> runs) {
            look(runs ? std::move(*runs) : std::vector<RunRow>{});
        });
}

void DataPage::look(std::vector<RunRow> runs) {
    m_read = true;
    const QStringList models = listed(kModels), corpora = listed(kCorpora);
    m_looking.ask(
        [models, corpora, runs = std::move(runs),
         files = RunPaths::of(m_context.workspace.path())] {
            return Inventory{localModels(paths(models), files),
                             corporaHere(paths(corpora)),
                             localCaches(files),
                             runs,
                             models,
                             corpora};
        },
        [this](const Inventory& found) {
            for (InventoryCard* card : {m_models, m_corpora, m_caches}) card->set(found);
            for (std::size_t i = 0; !m_choose.isEmpty() && i < found.models.size(); ++i)
                if (found.models[i].reference == m_choose.toStdString())
                    m_models->table().choose(static_cast<int>(i));
            m_choose.clear();
        });
}

void DataPage::remember(const char* list, const QString& path) {
    QStringList known = listed(list);
    if (!known.contains(path)) known << path;
    QSettings().setValue(QLatin1String(list), known);
}

void DataPage::forget(const char* list, const QString& path) {
    QStringList known = listed(list);
    known.removeAll(path);
    QSettings().setValue(QLatin1String(list), known);
    refresh();
}

bool DataPage::drop(const QString& path) {
    const bool corpus = QFileInfo::exists(QDir(path).filePath(QStringLiteral("manifest.json")));
    if (corpus)
        addCorpus(path);
    else
        addModel(path);
    return true;
}

/// Looks before it is put on the list: what is no model never gets there.
void DataPage::addModel(const QString& path) {
    inBackground(
        this,
        [path = path.toStdString(), files = RunPaths::of(m_context.workspace.path())] {
            return describeModel(path, files);
        },
        [this, path](const ModelEntry& model) {
            if (!model.problem.empty()) return Q_EMIT context(asText(model.problem));
            remember(kModels, path);
            m_choose = path;
            Q_EMIT context(tr("%1 is on the list of models.").arg(asText(model.name)));
            refresh();
        });
}

void DataPage::addCorpus(const QString& folder) {
    inBackground(
        this, [path = folder.toStdString()] { return lookAtCorpus(path); },
        [this, folder](const CorpusEntry& corpus) {
            if (!corpus.problem.empty()) return Q_EMIT context(asText(corpus.problem));
            remember(kCorpora, folder);
            Q_EMIT context(tr("%1 is on the list of corpora.").arg(asText(corpus.name)));
            refresh();
        });
}

void DataPage::openInCarve(const QString& reference) {
    RunSpec spec = m_context.shownSpec();
    spec.model.path = reference.toStdString();
    spec.prune.explicitRanks.clear();  // they name matrices of the model that was there before
    m_context.monitor.openModel(spec);
    Q_EMIT offered(QStringLiteral("carve"), {});
}

}  // namespace skd
