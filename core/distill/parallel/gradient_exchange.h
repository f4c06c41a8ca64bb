#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "distill/adamw.h"
#include "model/parallel/communicator.h"

namespace skd {

/// Sums an optimiser's gradients over all processes, in buckets of some 25 MB that hold the f32
/// sums of parameters in the order in which the backward pass finishes them. On the CPU a bucket is
/// under way as soon as the last micro-batch has left all of its gradients, while layers before it
/// are still computed; on a device all are at the end. Every process sends every bucket once a
/// step, in the same order, also those without a sample.
class GradientExchange {
public:
    /// `late`: parameters whose gradients autograd does not leave (embedding, head). Both must
    /// outlive it.
    GradientExchange(AdamW& optimiser, std::vector<std::size_t> late, Communicator& devices);
    ~GradientExchange();
    GradientExchange(const GradientExchange&) = delete;
    GradientExchange& operator=(const GradientExchange&) = delete;

    /// The next backward pass is the step's last.
    void arm();
    /// That pass has failed, before anything was sent.
    void disarm() { m_armed = false; }
    /// Sends what has not been sent and waits: all gradients are summed afterwards.
    Status finish();
    /// Something was sent since the step began: it cannot be begun again.
    [[nodiscard]] bool hasBegun() const { return m_launched > 0; }
    /// The error of a process whose memory runs out then.
    static Status ranOut(std::int64_t samples, const std::string& problem);

private:
    struct Hook;
    struct Bucket {
        at::Tensor sums;                 ///< of all its parameters, [values] f32
        std::vector<std::size_t> slots;  ///< parameters
        std::size_t missing = 0;         ///< gradients that are still to come
        std::unique_ptr<Communicator::Pending> transfer;
    };
    void makeBuckets(const std::vector<std::size_t>& late);
    void makeBucket(std::vector<std::size_t> slots);
    /// The gradient of a parameter is complete.
    void ready(std::size_t slot);
    /// Sends what is complete and follows what has been sent.
    void launch();

    AdamW& m_optimiser;
    Communicator& m_devices;
    std::vector<Bucket> m_buckets;        ///< in the order in which they are sent
    std::vector<std::size_t> m_bucketOf;  ///< by parameter
    std::vector<std::size_t> m_hooked;
    std::size_t m_launched = 0;
    bool m_armed = false;
};

}  // namespace skd
