#include "core/library/elastic_run.h"

#include <gtest/gtest.h>

#include "core/model/tiny_model.h"
#include "library/model_source.h"
#include "ranks/rank_rules.h"

namespace skd::test {
namespace {

NestedPath planOf(const std::vector<Linear*>& matrices) {
    std::vector<std::vector<double>> tails;
    std::vector<AllocationItem> items;
    std::vector<std::string> names;
    tails.reserve(matrices.size());
    for (const Linear* matrix : matrices) {
        const at::Tensor sigma = at::linalg_svdvals(matrix->weight().to(at::kDouble)).contiguous();
        const double* first = sigma.const_data_ptr<double>();
        tails.push_back(squaredTail(std::vector<double>(first, first + sigma.numel())));
        names.push_back(matrix->name());
        items.push_back({matrix->rows(), matrix->columns(), &tails.back(), 1, {}});
        items.back().form = MatrixForm::IdentityBlock;
    }
    auto path = NestedPath::plan(items, names,
                                 {.largest = 0.1, .smallest = 0.6, .multiple = 2, .floor = 2});
    EXPECT_TRUE(path) << path.error().message;
    return *std::move(path);
}

/// The first `cap` terms of the SVD.
ElasticWeight svdFactors(const at::Tensor& weight, std::int64_t cap) {
    const auto [u, sigma, v] = at::linalg_svd(weight.to(at::kDouble), false);
    const at::Tensor root = sigma.narrow(0, 0, cap).sqrt().unsqueeze(1);
    return {(u.narrow(1, 0, cap).t() * root).to(at::kFloat).contiguous(),
            (v.narrow(0, 0, cap) * root).to(at::kFloat).contiguous(), cap};
}

void writeStep(const std::filesystem::path& file, const Decoder& model, const OpenModel& origin,
               const NestedPath& path, std::int64_t step) {
    const Json about{{"model_path", origin.summary.path},
                     {"model_sha256", origin.summary.weightsSha256},
                     {"tokenizer_sha256", origin.summary.tokenizerSha256},
                     {"run", 3},
                     {"step", step}};
    const Status written = writeDecoder(file, model, about, {{"path", path.toJson()}});
    EXPECT_TRUE(written) << (written ? "" : written.error().message);
}

}  // namespace

ElasticRun writeElasticRun(const RunPaths& paths, RunId run) {
    ModelRef ref{.path = modelFixture("workbench").string(), .dtype = DTypeChoice::F32};
    auto origin = openModel(ref);
    EXPECT_TRUE(origin) << origin.error().message;
    Decoder model = origin->decoder.clone();
    const std::vector<Linear*> matrices = model.matrices();
    ElasticRun made{planOf(matrices), {}, origin->decoder};
    const std::vector<std::int64_t> caps = made.path.ranksAt(made.path.steps());
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        const std::int64_t full = std::min(matrices[i]->rows(), matrices[i]->columns());
        const bool isWholeAlways = made.path.matrices()[i].start == 0;
        if (!isWholeAlways)
            matrices[i]->replace(svdFactors(matrices[i]->weight(), caps[i] > 0 ? caps[i] : full));
    }
    std::filesystem::create_directories(paths.run(run));
    const RunFolder folder(paths.run(run));
    writeStep(folder.final(), model, *origin, made.path, 5);
    Decoder cut = model.clone();
    cut.embedding = cut.embedding * 2;
    if (cut.config.tiedHead) cut.head = cut.embedding;
    writeStep(folder.pruned(1), cut, *origin, made.path, 0);
    made.model = std::move(model);
    return made;
}

}  // namespace skd::test
