#include "library/run_models.h"

#include <charconv>
#include <map>

#include "base/members.h"
#include "base/text.h"
#include "distill/checkpoint.h"

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
std::optional<std::int64_t> stepOf(const fs::path& path, std::string* problems) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return {};
    std::int64_t step = 0;
    const auto about = readDecoderAbout(path);
    const Status said =
        about ? takeNumber(*about, "step", 0, kLargestStep, step) : Status(fail(about.error()));
    if (said) return step;
    if (problems != nullptr)
        appendPart(*problems, strCat(path.filename().string(), ": ", said.error().message), "; ");
    return {};
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

std::map<std::int64_t, Holding> holdings(const RunFolder& models, std::string* problems = nullptr) {
    std::map<std::int64_t, Holding> held;
    std::error_code ignored;
    for (std::size_t round = 1;
         fs::exists(models.pruned(round), ignored) || fs::exists(models.recovered(round), ignored);
         ++round) {
        if (const auto first = stepOf(models.pruned(round), problems)) {
            held.insert_or_assign(*first, Holding{round, models.pruned(round), {}});
            addCheckpoints(held, round, models.checkpoints(round), *first);
        }
        if (const auto last = stepOf(models.recovered(round), problems))
            held.insert_or_assign(*last, Holding{round, models.recovered(round), {}});
    }
    if (const auto last = stepOf(models.final(), problems))
        held.try_emplace(*last, Holding{0, models.final(), {}});
    return held;
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

std::optional<std::int64_t> wholeNumber(std::string_view text) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || value < 0) return {};
    return value;
}

std::string RunReference::text() const {
    return step ? strCat("run:", run.value(), "@", *step) : strCat("run:", run.value());
}

Result<std::optional<RunReference>> parseRunReference(std::string_view text) {
    constexpr std::string_view kPrefix = "run:";
    if (!text.starts_with(kPrefix)) return std::optional<RunReference>();
    const std::string_view rest = text.substr(kPrefix.size());
    const std::size_t at = rest.find('@');
    const auto run = wholeNumber(rest.substr(0, at));
    std::optional<std::int64_t> step;
    if (at != std::string_view::npos) step = wholeNumber(rest.substr(at + 1));
    if (!run || *run == 0 || (at != std::string_view::npos && !step))
        return fail(
            ErrorCode::InvalidInput,
            strCat("\"", text,
                   "\" does not name a run's model; write run:12, or run:12@40 for its step 40"));
    return std::optional(RunReference{RunId(*run), step});
}

std::vector<std::int64_t> RunModels::steps() const {
    std::vector<std::int64_t> steps;
    for (const auto& [step, holding] : holdings(*this)) steps.push_back(step);
    return steps;
}

Result<DecoderFile> RunModels::open(std::optional<std::int64_t> step,
                                    const LoadOptions& options) const {
    std::error_code ignored;
    if (!step && fs::exists(final(), ignored)) return readDecoder(final(), options);
    std::string problems;
    const std::map<std::int64_t, Holding> held = holdings(*this, &problems);
    if (!step)
        return fail(ErrorCode::NotFound,
                    "it has no final model: it is not complete, or keeps none (keep = nothing)");
    const auto found = held.find(*step);
    if (found == held.end()) {
        const std::string known =
            joined(held, ", ", [](const auto& entry) { return std::to_string(entry.first); });
        return fail(ErrorCode::NotFound,
                    strCat("it holds no model of step ", *step,
                           known.empty() ? "; it has kept none" : "; there are steps " + known,
                           problems.empty() ? "" : ". What cannot be read: " + problems));
    }
    if (!found->second.model.empty()) return readDecoder(found->second.model, options);
    return openCheckpoint(pruned(found->second.round), found->second.checkpoint, options);
}

Result<DecoderFile> openRunModel(const RunPaths& paths, const RunReference& reference,
                                 const LoadOptions& options) {
    return located(RunModels(paths.run(reference.run)).open(reference.step, options),
                   strCat("run ", reference.run.value()));
}

}  // namespace skd
