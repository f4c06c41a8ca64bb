#include "prune/svd/analysis_keys.h"

#include "base/hash.h"
#include "base/text.h"

namespace skd {
namespace {

/// Raised when what a cache entry holds is computed in another way.
constexpr int kCacheVersion = 5;

bool shrinksInputs(Truncation truncation) {
    return truncation == Truncation::Whitened || truncation == Truncation::Fisher;
}

/// Of every tensor's name, shape and bytes, and of the ranks in use: a recovered model is another
/// one than the file it came from, and an elastic one is another at every size.
std::uint64_t digestOf(const Decoder& model) {
    Decoder walk = model;
    std::uint64_t digest = 0;
    walk.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
        const std::string head =
            strCat(name, " ", host.sizes(), " ", at::toString(host.scalar_type()));
        const std::uint64_t parts[3] = {digest, xxh3(head.data(), head.size()),
                                        xxh3(host.data_ptr(), host.nbytes())};
        digest = xxh3(parts, sizeof parts);
    });
    for (const Linear* linear : walk.matrices(kAllMatrices))
        if (linear->elastic() != nullptr) {
            const std::uint64_t parts[2] = {digest, static_cast<std::uint64_t>(linear->rank())};
            digest = xxh3(parts, sizeof parts);
        }
    return digest;
}

std::uint64_t digestOf(const std::vector<at::Tensor>& sequences, bool skipFirstPosition = false) {
    std::uint64_t digest = 2 * sequences.size() + (skipFirstPosition ? 1 : 0);
    for (const at::Tensor& sequence : sequences) {
        const at::Tensor ids = sequence.to(at::kCPU, at::kLong).contiguous();
        const std::uint64_t parts[2] = {digest, xxh3(ids.data_ptr(), ids.nbytes())};
        digest = xxh3(parts, sizeof parts);
    }
    return digest;
}

/// How statistics are cleaned; nothing for what is not, so that keys stay as they were before.
std::string statisticsKey(const PruneSpec& spec) {
    std::string key;
    const auto add = [&](const char* name, double value) {
        if (value != 0) key += strCat(" ", name, " ", formatNumber(value, 17));
    };
    if (shrinksInputs(spec.truncation)) add("shrink_input", spec.shrinkInput);
    if (spec.truncation != Truncation::Fisher) return key;
    add("shrink_output", spec.shrinkOutput);
    add("edge", spec.fisherEdge);
    add("clip", spec.fisherClip);
    return key;
}

/// Nothing where there is no reference, so that keys stay as they were before there was one.
std::string referenceKey(const std::optional<ModelOutput>& reference) {
    if (!reference) return "";
    std::string key = " reference";
    for (const at::Tensor& part : {reference->rows, reference->head}) {
        const at::Tensor host = part.to(at::kCPU).contiguous();
        key += strCat(" ", host.sizes(), " ", xxh3(host.data_ptr(), host.nbytes()));
    }
    return key;
}

}  // namespace

bool needsInputs(Truncation truncation) {
    return truncation != Truncation::Plain;
}

std::string spectrumKey(const Decoder& model, const PruneSpec& spec, const AnalysisInput& input,
                        std::uint64_t seed) {
    std::string text = strCat("spectra ", kCacheVersion, " ", input.model.weightsSha256, " ",
                              input.identity, " ", digestOf(model), " ", enumName(spec.truncation),
                              " ", enumName(spec.targets), " ", enumName(spec.gateUp));
    if (needsInputs(spec.truncation))
        text +=
            strCat(" ", digestOf(input.calibration.sequences, input.calibration.skipFirstPosition));
    if (spec.truncation == Truncation::Asvd)
        text += strCat(" alpha ", formatNumber(spec.asvdAlpha, 17));
    if (spec.truncation == Truncation::Fisher)
        text += strCat(" labels ", seed, " ",
                       digestOf(input.fisher.sequences, input.fisher.skipFirstPosition));
    return sha256Hex(text + statisticsKey(spec));
}

std::string probeKey(const std::string& spectra, const PruneSpec& spec,
                     const AnalysisInput& input) {
    // Probe ranks hang on the form's break-even rank; keys of factors are those from before forms.
    const char* form = spec.form == MatrixForm::Factored ? "" : " identity-block";
    const bool byPoints = spec.probeLaw == ProbeLaw::Points;
    return sha256Hex(strCat("probes ", kCacheVersion, " ", spectra, " ",
                            digestOf(input.probeSequences), " ",
                            formatNumber(spec.probeFraction, 17), " ",
                            byPoints ? strCat(spec.probeRanks) : std::string("power"), " ",
                            spec.rankMultiple, form, referenceKey(input.reference)));
}

std::string outputKey(const std::string& spectra, const AnalysisInput& input) {
    return sha256Hex(strCat("output ", kCacheVersion, " ", spectra, " ",
                            digestOf(input.probeSequences), referenceKey(input.reference)));
}

}  // namespace skd
