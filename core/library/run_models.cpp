#include "library/run_models.h"

#include <map>

#include "base/members.h"
#include "base/text.h"
#include "distill/checkpoint.h"
#include "spec/study_spec.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// What lies at each step of a run, in folder or file; first the cheapest.
struct Holding {
    std::size_t round = 0;
    fs::path model;       ///< a model file, or
    fs::path checkpoint;  ///< a checkpoint on the structure of the round's pruned model
};

/// More than any chain of runs takes.
constexpr std::int64_t kLargestStep = std::int64_t{1} << 52;

/// The step whose model a file holds; nothing where there is no file, or it does not verify or say,
/// which is then among the problems.
std::optional<std::int64_t> stepOf(const fs::path& path, std::string& problems) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return {};
    std::int64_t step = 0;
    const auto about = readDecoderAbout(path);
    const Status said =
        about ? takeNumber(*about, "step", 0, kLargestStep, step) : Status(fail(about.error()));
    if (said) return step;
    appendPart(problems, strCat(path.filename().string(), ": ", said.error().message), "; ");
    return {};
}

/// The best step of a round that was not rolled back, of which its model is; nothing where the
/// run's state does not say.
std::optional<std::int64_t> bestStepOf(const Json& state, std::size_t round) {
    const Json done = valueOr(state, strCat("round", round, ".done"), Json::object());
    bool rolledBack = false;
    std::int64_t best = 0;
    readMember(valueAt(done, "rolled_back"), rolledBack);
    if (rolledBack || !readMember(valueAt(done, "best_step"), best)) return {};
    return best;
}

std::optional<std::int64_t> lastBestStep(const Json& state) {
    std::optional<std::int64_t> last;
    for (std::size_t round = 1; state.contains(strCat("round", round, ".done")); ++round)
        if (const auto best = bestStepOf(state, round)) last = best;
    return last;
}

/// A later round that cuts nothing begins with the best weights of the round before, not with those
/// of the step it begins at.
bool isOfItsStep(const Json& state, std::size_t round) {
    return round == 1 || state.empty() || state.contains(strCat("round", round, ".cut"));
}

Json stateOf(const RunFolder& models, std::string& problems) {
    const auto state = readVerifiedJson(models.state(), kRunStateFormat);
    if (!state && state.error().code != ErrorCode::NotFound)
        appendPart(problems, state.error().message, "; ");
    return state && state->is_object() ? *state : Json::object();
}

void addCheckpoints(std::map<std::int64_t, Holding>& held, std::size_t round,
                    const fs::path& folder, std::int64_t firstStep) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const std::string name = entry.path().filename().string();
        for (const std::string_view prefix : {"best-", "step-"})
            if (name.starts_with(prefix))
                if (const auto step = wholeNumber(std::string_view(name).substr(prefix.size())))
                    held.try_emplace(firstStep + *step, Holding{round, {}, entry.path()});
    }
}

/// The model after distillation: of the best step, whichever step the file says. Versions up to 0.1
/// wrote the last one into it. What a cut has left goes before it where it is of the same step.
void addDistilled(std::map<std::int64_t, Holding>& held, std::size_t round, const fs::path& file,
                  std::optional<std::int64_t> best, std::string& problems) {
    const auto written = stepOf(file, problems);
    if (!written) return;
    Holding& holding = held[best.value_or(*written)];
    if (holding.model.empty()) holding = {round, file, {}};
}

std::map<std::int64_t, Holding> holdings(const RunFolder& models, std::string& problems) {
    std::map<std::int64_t, Holding> held;
    const Json state = stateOf(models, problems);
    std::error_code ignored;
    for (std::size_t round = 1;
         fs::exists(models.pruned(round), ignored) || fs::exists(models.recovered(round), ignored);
         ++round) {
        if (const auto first = stepOf(models.pruned(round), problems)) {
            if (isOfItsStep(state, round))
                held.insert_or_assign(*first, Holding{round, models.pruned(round), {}});
            addCheckpoints(held, round, models.checkpoints(round), *first);
        }
        addDistilled(held, round, models.recovered(round), bestStepOf(state, round), problems);
    }
    addDistilled(held, 0, models.final(), lastBestStep(state), problems);
    return held;
}

/// The final model, or that of a step.
Result<Holding> holdingAt(const RunFolder& models, std::optional<std::int64_t> step) {
    std::error_code ignored;
    if (!step && fs::exists(models.final(), ignored)) return Holding{0, models.final(), {}};
    if (!step)
        return fail(ErrorCode::NotFound,
                    "it has no final model: it is not complete, or keeps none (keep = nothing)");
    std::string problems;
    const std::map<std::int64_t, Holding> held = holdings(models, problems);
    const auto found = held.find(*step);
    if (found != held.end()) return found->second;
    const std::string known =
        joined(held, ", ", [](const auto& entry) { return std::to_string(entry.first); });
    return fail(ErrorCode::NotFound,
                strCat("it holds no model of step ", *step,
                       known.empty() ? "; it has kept none" : "; there are steps " + known,
                       problems.empty() ? "" : ". What cannot be read: " + problems));
}

/// The model of a checkpoint, on the structure of the round's pruned one.
Result<DecoderFile> openCheckpoint(const fs::path& pruned, const fs::path& folder,
                                   const LoadOptions& options) {
    SKD_TRY(DecoderFile file, readDecoder(pruned, options));
    SKD_TRY(const Checkpoint checkpoint, CheckpointFolder::load(folder));
    std::map<std::string, at::Tensor> stored;
    for (const NamedTensor& entry : checkpoint.tensors) stored[entry.name] = entry.tensor;
    Status status;
    file.model.decoder.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        auto found = stored.find(name);
        if (found == stored.end())
            found = stored.find(name + ".master");  // of a checkpoint to train on from
        if (found != stored.end() && found->second.sizes() == tensor.sizes())
            tensor = found->second.to(tensor.options()).clone();
        else
            status = fail(ErrorCode::Corrupt,
                          strCat(folder.string(), " has no ", name, " of the model's shape"));
    });
    if (file.model.decoder.config.tiedHead) file.model.decoder.head = file.model.decoder.embedding;
    SKD_CHECK(status);
    std::int64_t first = 0;
    SKD_CHECK(located(takeNumber(file.about, "step", 0, kLargestStep, first), pruned.string()));
    file.about["step"] = first + checkpoint.step;
    file.model.weightsSha256 = skd::weightsSha256(file.model.decoder);
    return file;
}

}  // namespace

std::vector<std::int64_t> RunModels::steps() const {
    std::vector<std::int64_t> steps;
    std::string ignored;
    for (const auto& [step, holding] : holdings(*this, ignored)) steps.push_back(step);
    return steps;
}

Result<DecoderFile> RunModels::open(std::optional<std::int64_t> step,
                                    const LoadOptions& options) const {
    SKD_TRY(const Holding holding, holdingAt(*this, step));
    if (!holding.model.empty()) return readDecoder(holding.model, options);
    return openCheckpoint(pruned(holding.round), holding.checkpoint, options);
}

Result<fs::path> RunModels::describingFile(std::optional<std::int64_t> step) const {
    SKD_TRY(const Holding holding, holdingAt(*this, step));
    return holding.model.empty() ? pruned(holding.round) : holding.model;
}

Result<DecoderFile> openRunModel(const RunPaths& paths, const RunReference& reference,
                                 const LoadOptions& options) {
    return located(RunModels(paths.run(reference.run)).open(reference.step, options),
                   strCat("run ", reference.run.value()));
}

Result<fs::path> describingFile(const RunPaths& paths, const RunReference& reference) {
    return located(RunModels(paths.run(reference.run)).describingFile(reference.step),
                   strCat("run ", reference.run.value()));
}

}  // namespace skd
