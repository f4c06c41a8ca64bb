#include "base/resources.h"
#include "corpus/run_corpus.h"
#include "library/model_source.h"
#include "prune/svd/analyse.h"
#include "ranks/allocation.h"
#include "requests/tools.h"

namespace skd {
namespace {

Json matrixJson(const MatrixSpectrum& matrix, Truncation truncation, const PruneSpec& spec) {
    const std::vector<double>& sigma = spectrumOf(matrix, truncation);
    Json json{{"name", matrix.info.name},
              {"shape", {matrix.info.rows, matrix.info.columns}},
              {"break_even", matrix.info.breakEven()},
              {"tau", spec.energy}};
    // The plain answer of the threshold, whether or not factors of that rank would be smaller.
    const std::int64_t rank = exactRankForEnergy(squaredTail(sigma), spec.energy);
    json["rank_at_tau"] = rank;
    json["parameters_at_tau"] = matrix.info.parametersAt(rank);
    json["parameters"] = matrix.info.parameters();
    json["singular_values"] = matrix.plain;
    if (matrix.currentRank > 0) json["rank"] = matrix.currentRank;
    if (!matrix.weighted.empty()) json["whitened_singular_values"] = matrix.weighted;
    return json;
}

}  // namespace

Result<Json> modelSpectrum(const RunSpec& given, bool calibrate, const RunPaths& runs,
                           const RunContext& context) {
    RunSpec spec = given;
    setThreads(spec.model.threads);
    if (!calibrate)
        spec.prune.truncation = Truncation::Plain;
    else if (spec.prune.truncation == Truncation::Plain)
        spec.prune.truncation = Truncation::Whitened;
    spec.prune.ranks = RankRule::Energy;  // no probes
    SKD_TRY(const OpenModel model, openModel(spec.model, &runs));
    AnalysisInput input{.model = model.summary};
    if (calibrate) {
        SKD_TRY(const std::filesystem::path resources, resourceFolder());
        SKD_TRY(const Corpus corpus,
                buildRunCorpus(spec, context.seed, *model.tokenizer, resources));
        input = analysisInput(model.summary, corpus, spec.prune);
    }
    input.identity = model.identity.key();
    const SpectrumCache cache(runs.spectra());
    SKD_TRY(const AnalysisResult result, analyse(model.decoder, spec.prune, input, cache, context));
    Json json{{"model", model.summary.name},
              {"weights_sha256", model.summary.weightsSha256},
              {"matrices", Json::array()}};
    if (!result.analysis) return json;
    json["truncation"] = enumName(spec.prune.truncation);
    json["calibration_tokens"] = result.analysis->calibrationTokens;
    for (const MatrixSpectrum& matrix : result.analysis->matrices)
        json["matrices"].push_back(matrixJson(matrix, spec.prune.truncation, spec.prune));
    return json;
}

}  // namespace skd
