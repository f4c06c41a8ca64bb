#include "core/distill/elastic_fixture.h"

#include <c10/core/GradMode.h>

#include <cmath>

namespace skd::test {

NestedPath tinyPath(const Decoder& model, double largest, double smallest, double decay) {
    Decoder walk = model;
    std::vector<std::vector<double>> tails;
    std::vector<AllocationItem> items;
    std::vector<std::string> names;
    for (const Linear* matrix : walk.matrices()) {
        const std::int64_t full = std::min(matrix->rows(), matrix->columns());
        const double rate = decay * static_cast<double>(tails.size() + 2);
        std::vector<double> tail;
        for (std::int64_t rank = 0; rank <= full; ++rank)
            tail.push_back(rank == full ? 0 : std::exp(-rate * static_cast<double>(rank)));
        tails.push_back(std::move(tail));
        AllocationItem item;
        item.rows = matrix->rows();
        item.columns = matrix->columns();
        items.push_back(item);
        names.push_back(matrix->name());
    }
    for (std::size_t i = 0; i < items.size(); ++i) items[i].tail = &tails[i];
    return NestedPath::plan(items, names,
                            {.largest = largest, .smallest = smallest, .multiple = 2, .floor = 4})
        .value();
}

Decoder withComponents(const Decoder& model, const MatrixRanks& caps) {
    const c10::NoGradGuard noGradient;
    Decoder elastic = model.clone();
    for (Linear* matrix : elastic.matrices()) {
        const std::int64_t cap = caps.at(matrix->name());
        if (cap == 0) continue;
        const auto [u, s, v] = at::linalg_svd(matrix->weight().to(at::kDouble), false);
        const at::Tensor root = s.narrow(0, 0, cap).sqrt().unsqueeze(1);
        const at::TensorOptions options = matrix->weight().options();
        matrix->replace(ElasticWeight{(u.t().narrow(0, 0, cap) * root).to(options).contiguous(),
                                      (v.narrow(0, 0, cap) * root).to(options).contiguous(), cap});
    }
    return elastic;
}

ElasticFixture::ElasticFixture()
    : training{tinyPath(trainingStudent(at::kFloat), 0.3, 0.7),
               {.seed = 42, .slots = 4, .offPath = 0.5},
               ElasticWeights::InverseRoot,
               {0.3, 0.4, 0.5, 0.7},
               0.4} {
    spec.batch = 4;
    environment.elastic = &training;
}

Decoder ElasticFixture::student(at::ScalarType type) const {
    const NestedPath& path = training.path;
    return withComponents(trainingStudent(at::kFloat), namedRanks(path, path.components()))
        .to(at::kCPU, type);
}

Result<DistillReport> ElasticFixture::train(Decoder& model, const RunContext& context) {
    return run(model, context);
}

}  // namespace skd::test
