#include "compare/compare_data.h"

#include <algorithm>
#include <cmath>

#include "base/hash.h"
#include "base/text.h"

namespace skd {

namespace {
constexpr std::size_t kChunk = 64;  ///< runs of one query, so that other questions get their turn
constexpr int kNews = 16;  ///< chunks after which the views hear of it before all have arrived

std::string settingsOf(Json spec) {
    if (!spec.is_object()) return {};
    spec.erase("name");
    spec.erase("seed");
    return sha256Hex(dumpJson(spec));
}

std::string groupKey(const ComparedRun& run) {
    if (!run.row.variant.empty())
        return strCat("study ", run.row.study.value(), " ", run.row.variant);
    return run.settings.empty() ? strCat("run ", run.row.id.value()) : run.settings;
}

}  // namespace

CompareData::CompareData(Workspace& workspace, QObject* parent)
    : QObject(parent), m_workspace(workspace) {}

void CompareData::refresh() {
    ++m_asked;
    m_workspace.reader().ask(
        this,
        [](const RunStore& store) -> Result<Listing> {
            Listing listing;
            SKD_TRY(listing.rows, store.runs());
            if (auto kept = store.measurements("benchmark"))
                listing.benchmarks = std::move(*kept);  // older files have none
            return listing;
        },
        [this](Result<Listing> listing) {
            --m_asked;
            m_loaded = true;
            if (listing)
                takeRows(std::move(*listing));
            else
                Q_EMIT changed();
        });
}

void CompareData::takeRows(Listing listing) {
    std::map<std::int64_t, ComparedRun> runs;
    std::set<std::int64_t> detailed;
    m_order.clear();
    for (RunRow& row : listing.rows) {
        const std::int64_t id = row.id.value();
        ComparedRun run;
        if (const auto known = m_runs.find(id); known != m_runs.end()) {
            const bool same = known->second.row.status == row.status &&
                              known->second.row.finishedMs == row.finishedMs;
            if (same && row.status != RunStatus::Running && m_detailed.count(id) > 0) {
                run = std::move(known->second);
                detailed.insert(id);
            }
        }
        run.ttftMs = measuredTtft(listing.benchmarks, row.id);
        m_order.push_back(row.id);
        run.row = std::move(row);
        runs.emplace(id, std::move(run));
    }
    m_runs = std::move(runs);
    m_detailed = std::move(detailed);
    Q_EMIT changed();
    loadNext();
}

void CompareData::want(const std::vector<RunId>& runs) {
    m_wanted = runs;
    loadNext();
}

void CompareData::loadNext() {
    if (m_loading) return;
    std::vector<RunId> missing;
    for (RunId run : m_wanted)
        if (m_runs.count(run.value()) > 0 && !hasDetails(run) && missing.size() < kChunk)
            missing.push_back(run);
    if (missing.empty()) return;
    m_loading = true;
    m_workspace.reader().ask(
        this,
        [missing](const RunStore& store) -> Result<std::vector<RunDetails>> {
            std::vector<RunDetails> found;
            for (RunId run : missing)
                if (auto details = store.details(run)) found.push_back(std::move(*details));
            return found;
        },
        [this, missing](Result<std::vector<RunDetails>> found) {
            m_loading = false;
            for (RunId run : missing)
                m_detailed.insert(run.value());  // also those that cannot be read
            if (found)
                for (RunDetails& details : *found) {
                    const auto known = m_runs.find(details.row.id.value());
                    if (known == m_runs.end()) continue;
                    known->second.settings = settingsOf(details.spec);
                    known->second.spec = std::move(details.spec);
                    known->second.summary = std::move(details.summary);
                }
            loadNext();
            if (m_loading && ++m_chunks % kNews != 0) return;  // more is on its way
            m_chunks = 0;
            Q_EMIT changed();
        });
}

const ComparedRun* CompareData::find(RunId run) const {
    const auto found = m_runs.find(run.value());
    return found == m_runs.end() ? nullptr : &found->second;
}

bool CompareData::settled() const {
    return m_loaded && m_asked == 0 && !m_loading &&
           std::all_of(m_wanted.begin(), m_wanted.end(),
                       [this](RunId run) { return find(run) == nullptr || hasDetails(run); });
}

std::vector<RunGroup> CompareData::groups(const std::vector<RunId>& runs, bool together) const {
    std::vector<RunGroup> groups;
    std::map<std::string, std::size_t> places;
    for (RunId id : runs) {
        const ComparedRun* run = find(id);
        if (run == nullptr) continue;
        const std::string key = together ? groupKey(*run) : strCat(id.value());
        const auto [place, fresh] = places.emplace(key, groups.size());
        if (fresh) groups.emplace_back();
        groups[place->second].runs.push_back(id);
    }
    for (RunGroup& group : groups) {
        const RunRow& first = find(group.runs.front())->row;
        const bool variant = together && !first.variant.empty();
        group.name = asText(variant ? first.studyName + " · " + first.variant : first.name);
        if (group.runs.size() > 1)
            group.name = tr("%1 (%2 seeds)").arg(group.name).arg(group.runs.size());
    }
    return groups;
}

Statistic CompareData::statistic(const RunGroup& group, RunFigure figure) const {
    std::vector<double> values;
    for (RunId run : group.runs) values.push_back(figureOf(*find(run), figure));
    return summarise(values);
}

}  // namespace skd
