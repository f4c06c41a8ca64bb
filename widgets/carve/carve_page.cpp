#include "carve/carve_page.h"

#include <QApplication>
#include <QClipboard>
#include <QGridLayout>
#include <algorithm>
#include <cmath>

#include "carve/heat_map_card.h"
#include "carve/mixer_card.h"
#include "carve/price_card.h"
#include "carve/size_answers_card.h"
#include "carve/spectrum_card.h"
#include "controls/build.h"

namespace skd {

namespace {
constexpr double kFirstBudget = 0.15;  ///< the paper's first round

/// The whole numbers of a list that came from a file.
template <class Number>
std::vector<Number> readList(const Json& object, const char* key) {
    std::vector<Number> values;
    for (const Json& value : valueOr(object, key, Json::array()))
        if (const auto number = valueAs<Number>(value);
            number && std::cmp_greater_equal(*number, 0))
            values.push_back(*number);
    return values;
}
}  // namespace

CarvePage::CarvePage(const PageContext& context, QWidget* parent)
    : Page(parent),
      m_context(context),
      m_preview(m_state, context.workspace, context.monitor),
      m_reference(m_state, context.workspace),
      m_search(m_state, m_preview),
      m_elastic(m_state, context.workspace) {
    m_map = new HeatMapCard(m_state, m_reference, this);
    m_spectrum = new SpectrumCard(m_state, m_reference, this);
    m_answers = new SizeAnswersCard(m_state, this);
    m_mixer = new MixerCard(m_state, m_reference, m_search, this);
    m_price =
        new PriceCard({m_state, m_preview, context.monitor, m_reference, m_speed, m_elastic}, this);
    buildLayout();
    connectParts();
    whenChanged(this, QEvent::FontChange, [this] { setWidths(); });
    loadHistory();
}

CarvePage::~CarvePage() = default;

void CarvePage::buildLayout() {
    auto* grid = makeLayout<QGridLayout>();
    setWidths();
    grid->addWidget(m_map, 0, 0, 2, 1);
    grid->addWidget(m_spectrum, 0, 1);
    grid->addWidget(m_answers, 0, 1);
    m_answers->hide();
    grid->addWidget(m_price, 0, 2);
    grid->addWidget(m_mixer, 1, 1, 1, 2);
    grid->setColumnStretch(1, 1);
    grid->setRowStretch(0, 62);
    grid->setRowStretch(1, 38);
    setFocusProxy(&m_map->map());
    setTabOrder(m_map, m_spectrum);
    setTabOrder(m_spectrum, m_mixer);
    setTabOrder(m_mixer, m_price);
}

void CarvePage::setWidths() {
    m_map->setFixedWidth(scaledByText(236));
    m_price->setFixedWidth(scaledByText(232));
}

/// Controls, ranks and the matrices that are selected. A preset is no state: its ranks are. A view
/// without ranks shows those that are on the page.
Json CarvePage::viewState() const {
    Json view{{"controls", Page::viewState()}};
    for (const char* rule : {"carve.preset", "carve.unit", "carve.threshold", "carve.model"})
        view["controls"].erase(rule);
    if (m_state.sizes() != nullptr) view["run"] = m_state.sizes()->run().value();
    if (m_state.hasAnalysis()) {
        view["ranks"] = m_state.snapshot().ranks;
        view["selection"] = m_state.selection().matrices();
        view["matrix"] = m_state.selection().current();
    }
    return view;
}

void CarvePage::restoreView(const Json& state) {
    if (!state.is_object()) return;
    Page::restoreView(valueOr(state, "controls", Json::object()));
    if (const auto run = valueOr(state, "run", std::int64_t{0}); run > 0)
        return m_elastic.choose(RunId(run), readList<std::int64_t>(state, "ranks"));
    if (m_state.sizes() != nullptr) m_elastic.choose({});
    const auto ranks = memberOf(state, "ranks").is_null() && m_state.hasAnalysis()
                           ? m_state.snapshot().ranks
                           : readList<std::int64_t>(state, "ranks");
    if (!m_state.hasAnalysis() || ranks.size() != m_state.snapshot().ranks.size())
        return;  // of another model
    if (ranks != m_state.snapshot().ranks) m_state.restoreRanks(ranks, tr("show a saved view"));
    auto selection = readList<std::size_t>(state, "selection");
    std::erase_if(selection, [&](std::size_t matrix) { return matrix >= ranks.size(); });
    const Json current = valueOr(state, "matrix", Json());
    if (!selection.empty() && current.is_number_unsigned() &&
        valueOr(current, std::size_t{0}) < ranks.size())
        m_state.selection().select(selection, valueOr(current, std::size_t{0}));
}

void CarvePage::connectParts() {
    m_context.workspace.events().on<AnalysisReady>(this, &CarvePage::onAnalysis);
    m_context.workspace.events().on<RunFinished>(this, &CarvePage::loadHistory);
    connect(&m_state, &CarveState::analysisChanged, this, [this] {
        Q_EMIT modelShown(QString::fromStdString(m_state.plan().analysis().model.name));
        m_speed.update(m_state);
        loadSpeed();
    });
    m_context.workspace.events().on<TaskFinished>(this, &CarvePage::loadSpeed);
    connect(&m_search, &CarveSearch::changed, this, [this] {
        if (!m_search.text().isEmpty()) Q_EMIT context(m_search.text());
    });
    connect(m_map, &HeatMapCard::entered, &m_spectrum->plot(),
            [this] { m_spectrum->plot().setFocus(Qt::TabFocusReason); });
    connect(m_map, &HeatMapCard::hovered, this, &CarvePage::showContext);
    connect(&m_state.selection(), &SelectedMatrices::changed, this, [this] { showContext(-1); });
    connect(&m_state, &CarveState::planChanged, this, [this] { showContext(-1); });
    connect(m_price, &PriceCard::openModelRequested, this, &CarvePage::openModel);
    connect(&m_elastic, &ElasticChoice::failed, this, &CarvePage::context);
    connect(&m_state, &CarveState::analysisChanged, this,
            [this] { m_mixer->offerAnswers(m_answers->hasAnswers()); });
    connect(m_mixer, &MixerCard::answersWanted, this, [this](bool wanted) {
        m_answers->setVisible(wanted);
        m_spectrum->setVisible(!wanted);
    });
}

void CarvePage::showContext(int hovered) {
    if (!m_state.hasAnalysis()) return;
    Q_EMIT context(HeatMapCard::describe(
        m_state, hovered >= 0 ? static_cast<std::size_t>(hovered) : m_state.selection().current()));
}

void CarvePage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    showContext(-1);
}

void CarvePage::loadHistory() {
    m_context.workspace.reader().ask(this, readCarveHistory, [this](Result<CarveHistory> history) {
        m_loaded = true;
        if (history) showHistory(std::move(*history));
    });
}

void CarvePage::showHistory(CarveHistory history) {
    const bool first = !m_state.hasAnalysis();
    if (first) m_state.setAnalysis(history.analysis);
    const CarveRun* newest = nullptr;
    std::size_t kept = 0;
    std::vector<CarveTry> tries;
    for (const CarveRun& run : history.runs) {
        if (run.row.status != RunStatus::Completed || kept++ >= PreviewRunner::kTries) continue;
        std::vector<std::int64_t> ranks = run.ranksFor(m_state.plan().analysis());
        if (!isCut(ranks) || std::isnan(run.row.postPrunePpl)) continue;
        if (newest == nullptr) newest = &run;
        PreviewReady result;
        result.perplexity = run.row.postPrunePpl;
        result.densePerplexity = run.row.densePpl;
        tries.push_back({std::move(ranks), result, run.row.mlpRemoved, true,
                         QString::fromStdString(run.row.name)});
    }
    for (auto entry = tries.rbegin(); entry != tries.rend(); ++entry)
        m_preview.addRecorded(std::move(*entry));
    if (first) startFrom(newest);
    m_reference.setRuns(std::move(history.runs));
}

void CarvePage::startFrom(const CarveRun* newest) {
    if (newest != nullptr)
        m_state.startFrom(newest->ranksFor(m_state.plan().analysis()), newest->row.target);
    else
        m_state.startFromBudget(kFirstBudget);
}

/// What was measured of the model's speed; asked again when a profile has come.
void CarvePage::loadSpeed() {
    if (!m_state.hasAnalysis()) return;
    m_context.workspace.reader().ask(
        this,
        [paths = RunPaths::of(m_context.workspace.path()),
         model = m_state.plan().analysis().model](const RunStore& store) -> Result<MeasuredSpeed> {
            return readMeasuredSpeed(store, paths, model);
        },
        [this](Result<MeasuredSpeed> speed) {
            if (!speed || !m_state.hasAnalysis()) return;
            BreakEvenTable times = speed->times;
            m_speed.setMeasured(std::move(*speed));
            m_state.setTimes(std::move(times));
            m_speed.update(m_state);
            m_price->showPrice();
        });
}

void CarvePage::onAnalysis(const AnalysisReady& event) {
    const bool opened = event.run == RunId{};
    const auto reference = parseRunReference(event.analysis->model.path);
    if (opened && reference && *reference)  // an elastic run: its sizes are on record
        return m_elastic.choose((*reference)->run);
    if (m_state.sizes() != nullptr) {
        if (!opened) return;
        m_state.closeSizes();
    }
    const bool same = m_state.hasAnalysis() && m_state.plan().analysis().model.weightsSha256 ==
                                                   event.analysis->model.weightsSha256;
    if (!opened && m_state.hasAnalysis() && !same)
        return;  // a run of another model: the page keeps its own
    const bool keepsProfile =
        same && m_state.plan().analysis().matrices.size() == event.analysis->matrices.size();
    const bool wasMeasured = m_state.hasAnalysis() && m_state.plan().hasMeasuredWeights();
    m_state.setAnalysis(event.analysis);
    if (!keepsProfile) return m_state.startFromBudget(kFirstBudget);
    // A budget that nobody touched was solved without weights so far: they are better informed.
    const RankProfile& now = m_state.snapshot();
    if (!wasMeasured && m_state.plan().hasMeasuredWeights() && now.preset() == RankPreset::Budget)
        m_state.startFromBudget(now.target());
}

void CarvePage::openModel() {
    RunSpec spec;
    contribute(spec);
    if (m_state.sizes() != nullptr)
        spec.model.path = RunReference{m_state.sizes()->run(), {}, {}}.text();
    m_context.monitor.openModel(spec);
}

bool CarvePage::copy() {
    if (!m_state.hasAnalysis()) return false;
    QApplication::clipboard()->setText(
        QString::fromStdString(dumpJson(m_state.plan().toJson(), 2)));
    Q_EMIT context(tr("The rank profile is on the clipboard as JSON."));
    return true;
}

bool CarvePage::paste() {
    const std::string text = QApplication::clipboard()->text().toStdString();
    auto json = parseJson(text);
    Status status = json ? m_state.paste(*json)
                         : Status(fail(json.error().in("the clipboard holds no rank profile")));
    Q_EMIT context(status ? tr("The rank profile was pasted.")
                          : QString::fromStdString(status.error().message));
    return status.has_value();
}

bool CarvePage::demonstrate() {
    if (m_state.sizes() == nullptr) return false;
    SizeSweep& sweep = m_mixer->sweep();
    sweep.running() ? sweep.stop() : sweep.start();
    return true;
}

void CarvePage::contribute(RunSpec& spec) const {
    if (const ElasticSizes* sizes = m_state.sizes()) {
        spec.model.path = sizes->reference(m_state.snapshot().ranks).text();
        spec.prune = {};  // it is cut already
        spec.prune.method = PruneMethod::None;
        return;
    }
    if (m_context.monitor.modelOpen())
        spec.model.path = m_context.monitor.openModelPath().toStdString();
    else if (m_state.hasAnalysis() && !m_state.plan().analysis().model.path.empty())
        spec.model.path = m_state.plan().analysis().model.path;
    m_state.fillSpec(spec.prune);
}

}  // namespace skd
