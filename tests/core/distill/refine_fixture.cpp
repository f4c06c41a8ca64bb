#include "core/distill/refine_fixture.h"

namespace skd::test {

RefineFixture::RefineFixture() {
    spec.passes = 4;
    spec.samples = 12;
    spec.batch = 4;
    spec.learningRate = 3e-3;
    environment = {folder / "blocks", "spec", "student", "dense", 0};
}

LowRankWeight truncated(const at::Tensor& weight, std::int64_t rank) {
    const auto [u, s, vh] = at::linalg_svd(weight.to(at::kDouble), false);
    const auto held = [](const at::Tensor& factor) { return factor.to(at::kFloat).contiguous(); };
    return {held(u.narrow(1, 0, rank) * s.narrow(0, 0, rank)), held(vh.narrow(0, 0, rank))};
}

Decoder RefineFixture::cut(at::ScalarType type, std::size_t first) const {
    Decoder student = dense.clone();
    for (std::size_t i = first; i < student.layers.size(); ++i) {
        Mlp& mlp = student.layers[i].mlp;
        for (Linear* linear : {&mlp.gate, &mlp.up, &mlp.down})
            linear->replace(truncated(linear->weight(), 8));
    }
    return student.to(at::kCPU, type);
}

Result<RefineReport> RefineFixture::run(Decoder& student, const RunContext& context) const {
    Decoder reference = dense.to(at::kCPU, student.dtype());
    reference.computeDtype = student.computeDtype;
    return refineBlocks(student, std::move(reference), corpus, spec, environment, context);
}

}  // namespace skd::test
