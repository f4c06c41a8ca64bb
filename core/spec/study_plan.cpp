#include "spec/study_plan.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "spec/run_reference.h"
#include "spec/study_scale.h"

namespace skd {
namespace {

constexpr std::string_view kReference = "variant:";

using Cell = std::map<std::string, Json>;

/// Every combination of the grid's values; one empty cell without a grid.
std::vector<Cell> cellsOf(const std::map<std::string, Json>& grid) {
    std::vector<Cell> cells{{}};
    for (const auto& [field, values] : grid) {
        std::vector<Cell> next;
        for (const Cell& cell : cells)
            for (const Json& value : values) {
                next.push_back(cell);
                next.back()[field] = value;
            }
        cells = std::move(next);
    }
    return cells;
}

std::string labelOf(const std::string& name, const Cell& cell) {
    if (cell.empty()) return name;
    const auto assignment = [](const auto& entry) {
        const Json& value = entry.second;
        return strCat(entry.first, "=", value.is_string() ? valueOr(value, "") : dumpJson(value));
    };
    return strCat(name, " (", joined(cell, ", ", assignment), ")");
}

Result<RunSpec> specOf(const StudySpec& study, const StudyVariant& variant, const Cell& cell,
                       std::int64_t seed) {
    Json json = Json::object();
    for (const auto& [field, value] : study.base.items())
        SKD_CHECK(setRunField(json, field, value));
    for (const auto& [field, value] : cell) SKD_CHECK(setRunField(json, field, value));
    for (const auto& [field, value] : variant.overrides.items())
        SKD_CHECK(setRunField(json, field, value));
    SKD_TRY(RunSpec spec, parseRunSpec(json));
    spec.seed = seed;
    if (spec.name.empty()) spec.name = strCat(labelOf(variant.name, cell), " · seed ", seed);
    return scaled(std::move(spec), study.scale);
}

/// What "run:1" continues with in `suffix`: "@40", "@42%", "@40@42%".
bool isReferenceSuffix(const std::string& suffix) {
    const auto reference = parseRunReference(strCat("run:1", suffix));
    return reference && *reference;
}

/// "variant:NAME@40@42%" -> NAME and "@40@42%": the longest end that a reference to a run may have.
std::pair<std::string, std::string> splitReference(const std::string& text) {
    const std::string name = text.substr(kReference.size());
    std::size_t end = name.size();
    for (std::size_t at = name.rfind('@'); at != std::string::npos && at > 0;
         at = name.rfind('@', at - 1)) {
        if (!isReferenceSuffix(name.substr(at))) break;
        end = at;
    }
    return {name.substr(0, end), name.substr(end)};
}

class Planner {
public:
    explicit Planner(const StudySpec& study) : m_study(study) {}

    Result<StudyPlan> plan() {
        SKD_CHECK(expand());
        for (PlannedRun& run : m_runs)
            for (const std::string* path : {&run.spec.teacher.path, &run.spec.model.path})
                if (path->starts_with(kReference)) {
                    SKD_TRY(const std::size_t target, find(run, splitReference(*path).first));
                    run.needs.push_back(target);
                }
        m_marks.assign(m_runs.size(), Mark::New);
        for (std::size_t i = 0; i < m_runs.size(); ++i) SKD_CHECK(visit(i, {}));
        return ordered();
    }

private:
    enum class Mark { New, Open, Done };

    Status expand() {
        const std::vector<Cell> cells = cellsOf(m_study.grid);
        for (const std::int64_t seed : m_study.seeds)
            for (std::size_t v = 0; v < m_study.variants.size(); ++v) {
                const StudyVariant& variant = m_study.variants[v];
                if (variant.oneSeed && seed != m_study.seeds.front()) continue;
                for (const Cell& cell : variant.grid ? cells : std::vector<Cell>{{}}) {
                    SKD_TRY(RunSpec spec, located(specOf(m_study, variant, cell, seed),
                                                  "variant \"" + variant.name + "\""));
                    m_runs.push_back(
                        {labelOf(variant.name, cell), v, seed, cell, std::move(spec), {}});
                }
            }
        return {};
    }

    /// The run that `name` means to `from`: same seed or the first one, and the same point of the
    /// grid.
    Result<std::size_t> find(const PlannedRun& from, const std::string& name) const {
        std::optional<std::size_t> found;
        for (std::size_t i = 0; i < m_runs.size(); ++i) {
            const PlannedRun& run = m_runs[i];
            const StudyVariant& variant = m_study.variants[run.variantIndex];
            const bool meant = run.variant == name || (variant.name == name &&
                                                       (run.cell == from.cell || run.cell.empty()));
            if (meant && (run.seed == from.seed || variant.oneSeed)) found = i;
        }
        if (found) return *found;
        std::vector<std::string> names;
        for (const StudyVariant& variant : m_study.variants) names.push_back(variant.name);
        const std::string nearest = nearestName(name, names);
        return fail(ErrorCode::InvalidInput,
                    strCat("variant \"", from.variant, "\" starts from \"variant:", name,
                           "\", which the study does not have",
                           nearest.empty() || nearest == name
                               ? ""
                               : strCat("; did you mean \"variant:", nearest, "\"?")));
    }

    Status visit(std::size_t index, std::vector<std::size_t> path) {
        if (m_marks[index] == Mark::Done) return {};
        path.push_back(index);
        if (m_marks[index] == Mark::Open) return cycle(path);
        m_marks[index] = Mark::Open;
        for (const std::size_t needed : m_runs[index].needs) SKD_CHECK(visit(needed, path));
        m_marks[index] = Mark::Done;
        m_order.push_back(index);
        return {};
    }

    Status cycle(const std::vector<std::size_t>& path) const {
        std::string text;
        for (auto i = std::find(path.begin(), path.end(), path.back()); i != path.end(); ++i)
            text += strCat(text.empty() ? "" : " needs ", "\"", m_runs[*i].variant, "\"");
        return fail(ErrorCode::InvalidInput,
                    strCat("the study's variants need each other in a circle: ", text));
    }

    StudyPlan ordered() {
        std::vector<std::size_t> place(m_runs.size());
        for (std::size_t i = 0; i < m_order.size(); ++i) place[m_order[i]] = i;
        StudyPlan plan;
        for (const std::size_t index : m_order) {
            for (std::size_t& needed : m_runs[index].needs) needed = place[needed];
            plan.runs.push_back(std::move(m_runs[index]));
        }
        return plan;
    }

    const StudySpec& m_study;
    std::vector<PlannedRun> m_runs;
    std::vector<Mark> m_marks;
    std::vector<std::size_t> m_order;
};

}  // namespace

Result<StudyPlan> planStudy(const StudySpec& study) {
    return Planner(study).plan();
}

const PlannedRun& modelRun(const StudyPlan& plan, std::size_t index) {
    const PlannedRun* run = &plan.runs[index];
    for (std::size_t depth = 0; run->spec.model.path.starts_with(kReference) &&
                                !run->needs.empty() && depth < plan.runs.size();
         ++depth)
        run = &plan.runs[run->needs.back()];  // the model's reference comes after the teacher's
    return *run;
}

RunSpec resolved(const StudyPlan& plan, std::size_t index,
                 const std::function<RunId(std::size_t)>& runOf) {
    RunSpec spec = plan.runs[index].spec;
    std::size_t next = 0;
    for (std::string* path : {&spec.teacher.path, &spec.model.path})
        if (path->starts_with(kReference))
            *path = strCat("run:", runOf(plan.runs[index].needs[next++]).value(),
                           splitReference(*path).second);
    return spec;
}

}  // namespace skd
