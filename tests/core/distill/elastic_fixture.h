#pragma once

#include "core/distill/distill_fixture.h"
#include "distill/elastic/elastic_sizes.h"

namespace skd::test {

/// TrainingFixture with an elastic student: four samples a step, sizes from 30 to 70 % removed.
struct ElasticFixture : TrainingFixture {
    ElasticFixture();
    /// The matrices' own singular terms up to the path's largest ranks, all in use.
    [[nodiscard]] Decoder student(at::ScalarType type = at::kFloat) const;
    Result<DistillReport> train(Decoder& model, const RunContext& context = {});

    ElasticTraining training;
};

/// A path through a model's MLP matrices whose damage falls faster and faster; `decay` scales how
/// fast.
NestedPath tinyPath(const Decoder& model, double largest, double smallest, double decay = 0.05);

/// The model's MLP matrices by their largest `caps` singular terms.
Decoder withComponents(const Decoder& model, const MatrixRanks& caps);

}  // namespace skd::test
