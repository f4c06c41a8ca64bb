#include "model/parallel/communicator.h"

#include <ATen/ATen.h>

#include <cstring>

namespace skd {

Result<bool> Communicator::any(bool mine) {
    const at::Tensor count = at::full({1}, mine ? 1.0 : 0.0, at::kDouble);
    SKD_CHECK(sum(count));
    return count.const_data_ptr<double>()[0] > 0;
}

Result<std::string> Communicator::fromFirst(const std::string& text) {
    const at::Tensor length = at::full({1}, static_cast<std::int64_t>(text.size()), at::kLong);
    SKD_CHECK(broadcast(length, 0));
    std::string given(static_cast<std::size_t>(length.const_data_ptr<std::int64_t>()[0]), '\0');
    if (given.empty()) return given;
    const at::Tensor bytes = at::empty({static_cast<std::int64_t>(given.size())}, at::kByte);
    if (leads()) std::memcpy(bytes.mutable_data_ptr(), text.data(), text.size());
    SKD_CHECK(broadcast(bytes, 0));
    std::memcpy(given.data(), bytes.const_data_ptr(), given.size());
    return given;
}

std::pair<std::int64_t, std::int64_t> shareOf(std::int64_t total, int rank, int size) {
    return {total * rank / size, total * (rank + 1) / size};
}

}  // namespace skd
