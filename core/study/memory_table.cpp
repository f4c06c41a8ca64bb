#include "study/memory_table.h"

#include <functional>

#include "base/text.h"
#include "study/run_memory.h"

namespace skd {
namespace {

/// A way to need less: changes the spec and says how; "" where it would change nothing.
using MemoryChange = std::function<std::string(RunSpec& spec, std::int64_t microBatch)>;

std::string checkpointActivations(RunSpec& spec, std::int64_t) {
    if (spec.distill.checkpointActivations) return "";
    spec.distill.checkpointActivations = true;
    return "distill.checkpoint_activations=true";
}

std::string halveMicroBatch(RunSpec& spec, std::int64_t microBatch) {
    if (microBatch <= 1) return "";
    spec.distill.microBatch = microBatch / 2;
    return strCat("distill.micro_batch=", spec.distill.microBatch);
}

std::string cacheTeacher(RunSpec& spec, std::int64_t) {
    if (spec.distill.loss != KdLoss::Online || spec.distill.alpha == 0) return "";
    spec.distill.loss = KdLoss::Bucket;
    return "distill.loss=bucket";
}

std::string dropAverage(RunSpec& spec, std::int64_t) {
    if (spec.distill.average == 0) return "";
    spec.distill.average = 0;
    return "distill.average=0";
}

std::string reduceMoments(RunSpec& spec, std::int64_t) {
    if (spec.distill.moments == MomentType::Int8) return "";
    spec.distill.moments = MomentType::Int8;
    return "distill.moments=int8";
}

std::string halveSequences(RunSpec& spec, std::int64_t) {
    if (spec.corpus.sequenceLength < 256) return "";
    spec.corpus.sequenceLength /= 2;
    return strCat("corpus.sequence_length=", spec.corpus.sequenceLength);
}

/// A later change of the same field takes the place of an earlier one.
void addChange(std::vector<std::string>& changes, std::string change) {
    const std::string field = change.substr(0, change.find('=') + 1);
    if (!changes.empty() && changes.back().starts_with(field)) changes.pop_back();
    changes.push_back(std::move(change));
}

CardFit fitOf(int gibibytes, RunSpec spec, const ModelHeader& model) {
    const std::int64_t room = (static_cast<std::int64_t>(gibibytes) << 30) - kCardReserve;
    DeviceMemory memory = deviceMemory(spec, model);
    CardFit fit{gibibytes, memory.total() <= room, {}, memory.total()};
    std::vector<std::string> changes;
    for (const MemoryChange change : {checkpointActivations, halveMicroBatch, cacheTeacher,
                                      dropAverage, reduceMoments, halveSequences})
        while (memory.total() > room) {
            std::string done = change(spec, memory.microBatch);
            if (done.empty()) break;
            addChange(changes, std::move(done));
            memory = deviceMemory(spec, model);
        }
    if (memory.total() > room) return fit;
    return {gibibytes, true, std::move(changes), memory.total()};
}

}  // namespace

std::vector<std::pair<const char*, std::int64_t>> memoryParts(const DeviceMemory& memory) {
    const DistillMemory& training = memory.training;
    return {{"weights", memory.weights + training.weights},
            {"masters", training.masters},
            {"moments", training.moments},
            {"gradients", training.gradients},
            {"averages", training.averages},
            {"activations", training.activations},
            {"head", training.logits},
            {"teacher", training.teacher}};
}

Result<MemoryTable> memoryTable(const RunSpec& spec, const RunPaths& paths) {
    SKD_TRY(const ModelHeader model, modelHeaderOf(spec.model.path, paths));
    MemoryTable table{deviceMemory(spec, model), {}};
    for (const int size : kCardSizes) table.cards.push_back(fitOf(size, spec, model));
    return table;
}

Json MemoryTable::toJson() const {
    Json parts = Json::object(), fits = Json::array();
    for (const auto& [name, bytes] : memoryParts(memory)) parts[name] = bytes;
    for (const CardFit& card : cards)
        fits.push_back({{"gibibytes", card.gibibytes},
                        {"fits", card.fits},
                        {"changes", card.changes},
                        {"bytes", card.bytes}});
    return {{"parameters", memory.parameters},
            {"micro_batch", memory.microBatch},
            {"bytes", memory.total()},
            {"reserve_bytes", kCardReserve},
            {"parts", std::move(parts)},
            {"accelerators", std::move(fits)},
            {"basis", "estimated from sizes; not measured on an accelerator"}};
}

}  // namespace skd
