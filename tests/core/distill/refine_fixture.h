#pragma once

#include "core/distill/distill_fixture.h"
#include "distill/block_refinement.h"

namespace skd::test {

/// A dense model of three layers, cut ones, and a spec of 4 passes of 3 steps over 12 samples.
struct RefineFixture {
    static constexpr std::int64_t kSteps = 12;
    static constexpr std::size_t kLayers = 3;

    OneThread oneThread;
    TemporaryFolder folder;
    Corpus corpus = randomCorpus(12, 16, 64);
    Decoder dense = tinyDecoder(3, {.layers = 3});
    RefineSpec spec;
    RefineEnvironment environment;

    RefineFixture();
    RefineFixture(const RefineFixture&) = delete;
    RefineFixture& operator=(const RefineFixture&) = delete;

    /// The dense model with the MLP of every layer from `first` on cut to rank 8 by plain SVD.
    [[nodiscard]] Decoder cut(at::ScalarType type = at::kFloat, std::size_t first = 0) const;
    /// Refines towards the dense model, held and computed with as `student` is.
    Result<RefineReport> run(Decoder& student, const RunContext& context = {}) const;
};

/// Rank-r factors of a matrix by plain SVD.
LowRankWeight truncated(const at::Tensor& weight, std::int64_t rank);

}  // namespace skd::test
