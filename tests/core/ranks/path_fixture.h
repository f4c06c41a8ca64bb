#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "ranks/allocation.h"

namespace skd::test {

/// Matrices with damage curves, which the items point to. Not to be copied once connected.
struct PathProblem {
    std::vector<std::vector<double>> tails;
    std::vector<AllocationItem> items;
    std::vector<std::string> names;
    std::int64_t dense = 0;

    PathProblem() = default;
    PathProblem(const PathProblem&) = delete;
    PathProblem& operator=(const PathProblem&) = delete;
    PathProblem(PathProblem&&) = default;
    PathProblem& operator=(PathProblem&&) = default;
    ~PathProblem() = default;

    void add(std::int64_t rows, std::int64_t columns, std::vector<double> tail) {
        names.push_back("matrix." + std::to_string(items.size()));
        tails.push_back(std::move(tail));
        items.push_back({rows, columns, nullptr, 1, {}});
        dense += rows * columns;
    }
    void connect(MatrixForm form) {
        for (std::size_t i = 0; i < items.size(); ++i) {
            items[i].tail = &tails[i];
            items[i].form = form;
        }
    }
};

/// Of singular values e^(-decay r).
std::vector<double> exponentialTail(int rank, double decay);
/// 256 x 192 matrices as identity blocks, whose spectra fall faster and faster.
PathProblem fixedProblem(std::size_t matrices);
/// Random spectra over random shapes, within a rapidcheck property.
PathProblem randomProblem(std::size_t matrices, MatrixForm form);

}  // namespace skd::test
