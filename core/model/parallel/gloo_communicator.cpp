// LibTorch's Gloo back end; its header leaves everything out without this.
#define USE_C10D_GLOO

#include <ATen/ATen.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <atomic>
#include <cstdlib>

#include "base/text.h"
#include "model/parallel/communicator.h"
#include "model/parallel/heartbeat.h"

namespace skd {
namespace {

using Clock = std::chrono::steady_clock;
using WorkPointer = c10::intrusive_ptr<c10d::Work>;

constexpr std::chrono::seconds kJoinWithin{120};
/// Between looks at the heartbeat. A transfer itself may take as long as the slowest process needs
/// to come to it; that one is lost, the heartbeat says.
constexpr std::chrono::milliseconds kLookEvery{500};
constexpr std::chrono::hours kNoLimit{24 * 365};

double secondsBetween(Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration<double>(end - begin).count();
}

/// Processes that `rank` passes a broadcast on to: a binomial tree with `from` at its root.
std::int64_t childrenInTree(int rank, int from, int size) {
    const int place = (rank - from + size) % size;
    std::int64_t children = 0;
    for (int step = 1; step < size; step *= 2)
        if (step > place && place + step < size) ++children;
    return children;
}

std::shared_ptr<gloo::transport::Device> deviceFor(const std::string& host) {
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    if (interface != nullptr && *interface != '\0')
        return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
    if (host == "localhost" || host == "127.0.0.1" || host == "::1")
        return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
    return c10d::ProcessGroupGloo::createDefaultDevice();
}

class GlooCommunicator final : public Communicator {
public:
    explicit GlooCommunicator(const ProcessPlace& place) : m_place(place) {
        c10d::TCPStoreOptions options;
        options.port = place.port;
        options.isServer = place.rank == 0 && !place.isServed;
        options.numWorkers = static_cast<std::size_t>(place.size);
        options.waitWorkers = false;
        options.timeout = kJoinWithin;
        const auto server = c10::make_intrusive<c10d::TCPStore>(place.host, options);
        const std::string prefix = strCat("sparsekd/", place.attempt);
        m_store = c10::make_intrusive<c10d::PrefixStore>(prefix, server);
        m_heartbeat = std::make_unique<Heartbeat>(
            c10::make_intrusive<c10d::PrefixStore>(prefix, server->clone()), place.rank,
            place.size);
        auto how = c10d::ProcessGroupGloo::Options::create(kNoLimit);
        how->devices.push_back(deviceFor(place.host));
        m_group = c10::make_intrusive<c10d::ProcessGroupGloo>(m_store, place.rank, place.size, how);
        m_heartbeat->start();
    }
    ~GlooCommunicator() override {
        // What a lost process has left unfinished would be waited for: its threads end with this
        // process.
        if (m_failed) static_cast<void>(m_group.release());
    }

    [[nodiscard]] int rank() const override { return m_place.rank; }
    [[nodiscard]] int size() const override { return m_place.size; }
    [[nodiscard]] Traffic traffic() const override {
        return {m_bytes, static_cast<double>(*m_nanoseconds) * 1e-9, m_waited};
    }
    void leave(const std::string& reason) override { m_heartbeat->leave(reason); }
    void onLoss(std::function<void(const std::string&)> action) override {
        m_heartbeat->onLoss(std::move(action));
    }

    std::unique_ptr<Pending> startSum(const at::Tensor& tensor) override {
        const auto size = static_cast<std::int64_t>(m_place.size);
        auto transfer = std::make_unique<Transfer>(*this, tensor);
        const std::int64_t bytes = static_cast<std::int64_t>(tensor.nbytes());
        transfer->start(2 * (size - 1) * bytes / size, [this](at::Tensor& host) {
            std::vector<at::Tensor> tensors{host};
            return m_group->allreduce(tensors);
        });
        return transfer;
    }

    Status broadcast(const at::Tensor& tensor, int from) override {
        if (tensor.numel() == 0) return {};
        const std::int64_t bytes = static_cast<std::int64_t>(tensor.nbytes()) *
                                   childrenInTree(m_place.rank, from, m_place.size);
        Transfer transfer(*this, tensor);
        transfer.start(bytes, [&](at::Tensor& host) {
            std::vector<at::Tensor> tensors{host.flatten().view(at::kByte)};
            c10d::BroadcastOptions options;
            options.rootRank = from;
            return m_group->broadcast(tensors, options);
        });
        return transfer.wait();
    }

private:
    /// A tensor on its way, on a device by way of the host.
    class Transfer final : public Pending {
    public:
        Transfer(GlooCommunicator& group, const at::Tensor& tensor)
            : m_group(group), m_tensor(tensor), m_host(tensor.detach().to(at::kCPU)) {}

        template <class Start>
        void start(std::int64_t bytes, const Start& start) {
            if (m_group.m_failed) return;
            m_group.m_bytes += bytes;
            try {
                m_work = start(m_host);
                m_work->getFuture()->addCallback(
                    [sum = m_group.m_nanoseconds, begin = Clock::now()](const auto&) {
                        *sum += std::chrono::nanoseconds(Clock::now() - begin).count();
                    });
            } catch (const std::exception&) {
                m_work.reset();
                m_group.fail();
            }
        }
        Status wait() override {
            if (!m_work) return m_group.failure();
            const Clock::time_point begin = Clock::now();
            const bool arrived = m_group.waitFor(m_work);
            m_group.m_waited += secondsBetween(begin, Clock::now());
            if (!arrived) return m_group.failure();
            if (!m_tensor.is_same(m_host) && !m_tensor.is_cpu()) m_tensor.copy_(m_host);
            return {};
        }

    private:
        GlooCommunicator& m_group;
        at::Tensor m_tensor, m_host;
        WorkPointer m_work;
    };

    /// False where a process was lost.
    bool waitFor(const WorkPointer& work) {
        while (!m_failed) {
            try {
                work->wait(kLookEvery);
                return true;
            } catch (const std::exception&) {
                // It may have arrived since the wait was given up.
                if (work->isCompleted() && work->exception() == nullptr) return true;
                if (work->isCompleted() || m_heartbeat->lost()) fail();
            }
        }
        return false;
    }
    void fail() {
        if (!m_failed) m_failed = m_heartbeat->explain();
    }
    [[nodiscard]] Status failure() const {
        return skd::fail(ErrorCode::Io,
                         strCat(*m_failed,
                                "; the run cannot continue without it. It is kept up to "
                                "its last checkpoint: resume it, with any number of "
                                "processes"));
    }

    ProcessPlace m_place;
    c10::intrusive_ptr<c10d::Store> m_store;
    std::unique_ptr<Heartbeat> m_heartbeat;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> m_group;
    std::optional<std::string> m_failed;
    std::int64_t m_bytes = 0;
    double m_waited = 0;
    std::shared_ptr<std::atomic<std::int64_t>> m_nanoseconds =
        std::make_shared<std::atomic<std::int64_t>>(0);
};

}  // namespace

Result<std::shared_ptr<Communicator>> joinProcesses(const ProcessPlace& place) {
    try {
        return std::shared_ptr<Communicator>(std::make_shared<GlooCommunicator>(place));
    } catch (const std::exception& error) {
        const std::string text = error.what();
        return fail(ErrorCode::Io,
                    strCat("rank ", place.rank, " could not join the other ", place.size - 1,
                           " processes at ", place.host, ":", place.port, " within ",
                           kJoinWithin.count(), " s: ", text.substr(0, text.find('\n')),
                           "; check that all of them run, and MASTER_ADDR and MASTER_PORT"));
    }
}

}  // namespace skd
