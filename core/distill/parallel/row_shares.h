#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "base/result.h"
#include "model/parallel/communicator.h"

namespace skd {

/// Rows (of a vector: elements) of a tensor from `first` on.
struct RowShare {
    std::int64_t first = 0, count = 0;
    [[nodiscard]] at::Tensor of(const at::Tensor& whole) const {
        return whole.narrow(0, first, count);
    }
    bool operator==(const RowShare&) const = default;
};

/// Which rows of each parameter each process updates (ZeRO stage 1; Rajbhandari et al. 2020, arXiv
/// 1910.02054): of all values in a row, process r has from r / size to (r + 1) / size of them,
/// rounded to whole rows. shares[r][i]: of parameter i.
using RowShares = std::vector<std::vector<RowShare>>;
RowShares shareRows(const std::vector<at::Tensor>& parameters, int size);

/// Gives every process all rows of tensors of which each has its own. own[i]: those of this
/// process, of the tensor `shares[rank][place[i]]` is a part of; full[i]: where all of them go; may
/// be empty where a process needs none. All tensors are of one type and lie where this process
/// computes.
struct RowExchange {
    std::vector<at::Tensor> own, full;
    std::vector<std::size_t> place;
};
Status exchangeRows(const RowExchange& rows, const RowShares& shares, Communicator& devices);

}  // namespace skd
