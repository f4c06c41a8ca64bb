#include "carve/carve_reference.h"

#include <algorithm>

namespace skd {

CarveReference::CarveReference(CarveState& state, Workspace& workspace, QObject* parent)
    : QObject(parent), m_state(state), m_workspace(workspace) {
    connect(&state, &CarveState::analysisChanged, this, &CarveReference::align);
}

void CarveReference::setRuns(std::vector<CarveRun> runs) {
    m_all = std::move(runs);
    align();
}

/// Which runs are of the page's model, and where the one that was chosen is now.
void CarveReference::align() {
    m_runs.clear();
    if (m_state.hasAnalysis())
        for (const CarveRun& run : m_all) {
            if (isCut(run.ranksFor(m_state.plan().analysis()))) m_runs.push_back(run);
        }
    m_run = nullptr;
    Q_EMIT choicesChanged();
    choose(m_wanted);
}

QString CarveReference::nameOf(const CarveRun& run) const {
    QString name = QString::fromStdString(run.row.name);
    const auto same = [&](const CarveRun& other) {
        return other.row.id != run.row.id && other.row.name == run.row.name;
    };
    const auto sameSeed = [&](const CarveRun& other) {
        return same(other) && other.row.seed == run.row.seed;
    };
    if (std::ranges::any_of(m_runs, sameSeed))
        return tr("%1 · run %2").arg(name).arg(run.row.id.value());
    if (std::ranges::any_of(m_runs, same)) return tr("%1 · seed %2").arg(name).arg(run.row.seed);
    return name;
}

std::vector<CarveReference::Choice> CarveReference::choices() const {
    std::vector<Choice> choices;
    for (const CarveRun& run : m_runs) choices.push_back({run.row.id.value(), nameOf(run)});
    return choices;
}

void CarveReference::choose(qint64 id) {
    m_wanted = id;
    const auto found = std::ranges::find(
        m_runs, id, [](const CarveRun& run) -> qint64 { return run.row.id.value(); });
    m_run = found == m_runs.end() ? nullptr : &*found;
    m_analysis = nullptr;
    m_ranks = active() ? m_run->ranksFor(m_state.plan().analysis()) : std::vector<std::int64_t>();
    Q_EMIT changed();
    if (active()) readSpectra();
}

void CarveReference::readSpectra() {
    m_workspace.reader().ask(
        this, [run = m_run->row.id](const RunStore& store) { return store.analysis(run); },
        [this, id = chosen()](Result<AnalysisPtr> analysis) {
            if (!analysis || id != chosen()) return;  // a run need not have kept any
            m_analysis = std::move(*analysis);
            Q_EMIT changed();
        });
}

const std::vector<double>* CarveReference::spectrum(std::size_t matrix) const {
    if (m_analysis == nullptr) return nullptr;
    const auto found =
        std::ranges::find(m_analysis->matrices, m_state.info(matrix).name,
                          [](const MatrixSpectrum& other) { return other.info.name; });
    if (found == m_analysis->matrices.end()) return nullptr;
    const bool plain = m_state.plan().truncation() == Truncation::Plain || found->weighted.empty();
    const std::vector<double>& theirs = plain ? found->plain : found->weighted;
    return theirs.empty() || theirs == m_state.plan().spectrum(matrix) ? nullptr : &theirs;
}

QString CarveReference::compareText(std::size_t matrix) const {
    const auto text = [](std::int64_t rank) {
        return rank == 0 ? tr("dense") : QString::number(rank);
    };
    return tr("here %1, %2 %3")
        .arg(text(m_state.snapshot().ranks[matrix]), name(), text(m_ranks[matrix]));
}

}  // namespace skd
