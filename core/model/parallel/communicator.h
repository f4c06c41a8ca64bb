#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "model/parallel/process_place.h"

namespace skd {

/// What passing tensors between processes has cost one of them.
struct Traffic {
    std::int64_t bytes = 0;  ///< it has sent
    double seconds = 0;      ///< that transfers took, those beside computing included
    double waited = 0;       ///< seconds in which it did nothing else

    void add(const Traffic& other) {
        bytes += other.bytes;
        seconds += other.seconds;
        waited += other.waited;
    }
    [[nodiscard]] Traffic since(const Traffic& earlier) const {
        return {bytes - earlier.bytes, seconds - earlier.seconds, waited - earlier.waited};
    }
};

/// The processes that work on one run. All of them make the same calls in the same order; a tensor
/// has the same shape and type in each. Where one ends or falls silent, every call returns an error
/// (Io) that names it, at the latest after kSilence.
class Communicator {
public:
    /// A transfer that has begun.
    class Pending {
    public:
        virtual ~Pending() = default;
        /// Returns when the tensor has its new values.
        virtual Status wait() = 0;
    };

    virtual ~Communicator() = default;

    [[nodiscard]] virtual int rank() const = 0;
    [[nodiscard]] virtual int size() const = 0;
    /// Begins to replace a contiguous tensor by its sum over all processes, the same bits in each
    /// and every time. It must not be touched until it is waited for.
    virtual std::unique_ptr<Pending> startSum(const at::Tensor& tensor) = 0;
    /// Gives all processes the contiguous tensor of rank `from`.
    virtual Status broadcast(const at::Tensor& tensor, int from) = 0;
    /// Of this process so far.
    [[nodiscard]] virtual Traffic traffic() const = 0;
    /// Tells the others why this process ends before its time.
    virtual void leave(const std::string& reason) = 0;
    /// Called once, on another thread, where another process is lost while nothing is waited for.
    virtual void onLoss(std::function<void(const std::string& sentence)> action) = 0;

    [[nodiscard]] bool leads() const { return rank() == 0; }
    Status sum(const at::Tensor& tensor) { return startSum(tensor)->wait(); }
    /// Whether any process says so.
    Result<bool> any(bool mine);
    /// The text of rank 0; others give anything.
    Result<std::string> fromFirst(const std::string& text);
};

/// Of `total` things in a row those that rank `rank` of `size` takes: first and end.
std::pair<std::int64_t, std::int64_t> shareOf(std::int64_t total, int rank, int size);

/// Joins the processes of `place`, over TCP, by LibTorch's c10d with Gloo. Waits two minutes for
/// the others. Tensors on an accelerator are passed through the host's memory.
Result<std::shared_ptr<Communicator>> joinProcesses(const ProcessPlace& place);

}  // namespace skd
