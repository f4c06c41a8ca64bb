#include "carve/elastic_choice.h"

#include "bridge/run_front.h"
#include "library/elastic_path.h"

namespace skd {

/// What of a run the page needs.
struct ElasticChoice::Found {
    ElasticSizes::Source source;
    AnalysisPtr analysis;
    double selection = 0;
};

ElasticChoice::ElasticChoice(CarveState& state, Workspace& workspace, QObject* parent)
    : QObject(parent), m_state(state), m_workspace(workspace) {
    workspace.events().on<RunFinished>(this, &ElasticChoice::reload);
    connect(&state, &CarveState::analysisChanged, this, &ElasticChoice::changed);
    reload();
}

RunId ElasticChoice::chosen() const {
    return m_state.sizes() != nullptr ? m_state.sizes()->run() : RunId{};
}

void ElasticChoice::reload() {
    m_workspace.reader().ask(
        this,
        [](const RunStore& store) -> Result<std::vector<Run>> {
            SKD_TRY(const std::vector<RunRow> rows, store.runs());
            std::vector<Run> runs;
            for (const RunRow& row : rows) {
                if (row.status != RunStatus::Completed || row.deleted || row.damaged) continue;
                const auto details = store.details(row.id);
                if (details && details->summary.elastic) runs.push_back({row.id, asText(row.name)});
            }
            return runs;
        },
        [this](Result<std::vector<Run>> runs) {
            if (!runs) return;
            m_runs = std::move(*runs);
            Q_EMIT changed();
        });
}

Result<ElasticChoice::FoundPtr> ElasticChoice::read(const RunStore& store, const RunPaths& paths,
                                                    RunId run) {
    SKD_TRY(const RunDetails details, store.details(run));
    SKD_TRY(NestedPath path, elasticPath(paths, run, details.summary.elastic));
    SKD_TRY(AnalysisPtr analysis, store.analysis(run));
    const double selection = details.summary.elastic ? details.summary.elastic->selection : 0;
    ElasticSizes::Source source{
        run, asText(details.row.name), std::move(path), recordedFront(details.summary),
        {},  details.summary.answers};
    if (details.summary.elastic) source.energies = details.summary.elastic->energies;
    return std::make_shared<Found>(Found{std::move(source), std::move(analysis), selection});
}

void ElasticChoice::choose(RunId run, std::vector<std::int64_t> ranks) {
    m_wanted = run;
    m_wantedRanks = std::move(ranks);
    if (run == RunId{}) return goBack();
    if (run == chosen()) return m_state.restoreRanks(m_wantedRanks, tr("show a saved view"));
    m_workspace.reader().ask(
        this,
        [run, paths = RunPaths::of(m_workspace.path())](const RunStore& store) {
            return read(store, paths, run);
        },
        [this, run](Result<FoundPtr> found) {
            if (run == m_wanted) show(found);
        });
}

void ElasticChoice::show(const Result<FoundPtr>& read) {
    const auto refuse = [this](const Error& error) {
        Q_EMIT failed(asText(error.message));
        Q_EMIT changed();  // what was chosen before is
    };
    if (!read) return refuse(read.error());
    const FoundPtr& found = *read;
    auto sizes = ElasticSizes::fit(std::move(found->source), *found->analysis);
    if (!sizes) return refuse(sizes.error());
    if (m_state.sizes() == nullptr && m_state.hasAnalysis()) {
        m_before = m_state.plan().shared();
        m_ranksBefore = m_state.snapshot().ranks;
    }
    m_state.openSizes(found->analysis, std::move(*sizes), found->selection);
    if (m_wantedRanks.empty()) return;
    m_state.restoreRanks(m_wantedRanks, tr("show a saved view"));
    m_state.undoStack().clear();
}

void ElasticChoice::goBack() {
    if (m_state.sizes() == nullptr) return;
    m_state.closeSizes();
    const AnalysisPtr shown = m_state.plan().shared();  // kept while the plan is made anew
    m_state.setAnalysis(m_before != nullptr ? m_before : shown);
    m_state.restoreRanks(m_ranksBefore, tr("back to the model"));
    m_state.undoStack().clear();
}

}  // namespace skd
