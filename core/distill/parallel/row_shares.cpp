#include "distill/parallel/row_shares.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace skd {
namespace {

std::int64_t rowsOf(const at::Tensor& tensor) {
    return tensor.dim() == 0 ? 0 : tensor.size(0);
}

/// Also of a tensor without a row.
std::int64_t valuesPerRow(const at::Tensor& tensor) {
    std::int64_t values = 1;
    for (std::int64_t dim = 1; dim < tensor.dim(); ++dim) values *= tensor.size(dim);
    return values;
}

/// The row at which the value at `place` of all begins, for a tensor whose first is at `begin`.
std::int64_t rowAt(const at::Tensor& tensor, std::int64_t begin, std::int64_t place) {
    const std::int64_t width = valuesPerRow(tensor);
    const std::int64_t row = (place - begin + width / 2) / width;
    return place <= begin ? 0 : std::min(rowsOf(tensor), row);
}

/// Values that process `rank` has of the tensors exchanged.
std::int64_t valuesOfRank(const RowExchange& rows, const RowShares& shares, int rank) {
    std::int64_t values = 0;
    for (std::size_t i = 0; i < rows.own.size(); ++i)
        values +=
            shares[static_cast<std::size_t>(rank)][rows.place[i]].count * valuesPerRow(rows.own[i]);
    return values;
}

at::Tensor packed(const RowExchange& rows, std::int64_t values) {
    std::vector<at::Tensor> parts;
    for (const at::Tensor& own : rows.own)
        if (own.numel() > 0) parts.push_back(own.detach().flatten());
    return parts.empty() ? at::empty({values}, rows.own.front().options()) : at::cat(parts);
}

void unpack(const RowExchange& rows, const std::vector<RowShare>& shares, const at::Tensor& flat) {
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < rows.full.size(); ++i) {
        const RowShare& share = shares[rows.place[i]];
        if (share.count == 0) continue;
        at::Tensor target = share.of(rows.full[i].detach());
        target.copy_(flat.narrow(0, begin, target.numel()).view(target.sizes()));
        begin += target.numel();
    }
}

}  // namespace

RowShares shareRows(const std::vector<at::Tensor>& parameters, int size) {
    std::int64_t total = 0;
    for (const at::Tensor& parameter : parameters) total += parameter.numel();
    RowShares shares(static_cast<std::size_t>(size));
    std::int64_t begin = 0;
    for (const at::Tensor& parameter : parameters) {
        for (int rank = 0; rank < size; ++rank) {
            const auto [from, to] = shareOf(total, rank, size);
            const std::int64_t first = rowAt(parameter, begin, from),
                               end = rank + 1 == size ? rowsOf(parameter)
                                                      : rowAt(parameter, begin, to);
            shares[static_cast<std::size_t>(rank)].push_back({first, end - first});
        }
        begin += parameter.numel();
    }
    return shares;
}

Status exchangeRows(const RowExchange& rows, const RowShares& shares, Communicator& devices) {
    const c10::AutoGradMode noGradient(false);
    if (rows.own.empty()) return {};
    for (int rank = 0; rank < devices.size(); ++rank) {
        const std::int64_t values = valuesOfRank(rows, shares, rank);
        const at::Tensor flat = rank == devices.rank()
                                    ? packed(rows, values)
                                    : at::empty({values}, rows.own.front().options());
        SKD_CHECK(devices.broadcast(flat, rank));
        unpack(rows, shares[static_cast<std::size_t>(rank)], flat);
    }
    return {};
}

}  // namespace skd
