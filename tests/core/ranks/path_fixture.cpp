#include "core/ranks/path_fixture.h"

#include <rapidcheck.h>

#include <algorithm>

namespace skd::test {

std::vector<double> exponentialTail(int rank, double decay) {
    std::vector<double> sigma;
    for (int r = 0; r < rank; ++r) sigma.push_back(std::exp(-decay * r));
    return squaredTail(sigma);
}

PathProblem fixedProblem(std::size_t matrices) {
    PathProblem problem;
    for (std::size_t i = 0; i < matrices; ++i)
        problem.add(256, 192, exponentialTail(192, 0.01 * static_cast<double>(i + 1)));
    problem.connect(MatrixForm::IdentityBlock);
    return problem;
}

PathProblem randomProblem(std::size_t matrices, MatrixForm form) {
    PathProblem problem;
    for (std::size_t i = 0; i < matrices; ++i) {
        const auto rows = *rc::gen::inRange<std::int64_t>(8, 40),
                   columns = *rc::gen::inRange<std::int64_t>(8, 40);
        std::vector<double> sigma;
        for (std::int64_t r = 0; r < std::min(rows, columns); ++r)
            sigma.push_back(*rc::gen::inRange(1, 1000) / 100.0);
        std::ranges::sort(sigma, std::greater());
        problem.add(rows, columns, squaredTail(sigma));
        problem.items.back().weight = *rc::gen::inRange(1, 100) / 10.0;
    }
    problem.connect(form);
    return problem;
}

}  // namespace skd::test
