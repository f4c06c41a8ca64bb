#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace skd {

/// After so long without a sign of life a process counts as lost.
inline constexpr std::chrono::seconds kSilence{30};

/// Signs of life of a run's processes, in the store by which they found each other: each writes its
/// own once a second; rank 0 reads all of them, the others that of rank 0. A thread of its own, so
/// that long work is no silence.
class Heartbeat {
public:
    /// `store`: a connection that nothing else uses. Every process has one before any asks for the
    /// signs of others.
    Heartbeat(c10::intrusive_ptr<c10d::Store> store, int rank, int size);
    ~Heartbeat();
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

    /// Begins to read what the others write.
    void start();
    /// What is to be said of the process that was lost; nothing while all live.
    [[nodiscard]] std::optional<std::string> lost() const;
    /// The same after a transfer has failed: waits for some seconds for what explains it.
    std::string explain();
    void leave(const std::string& reason);
    void onLoss(std::function<void(const std::string&)> action);

private:
    using Clock = std::chrono::steady_clock;
    /// Another process as this one sees it.
    struct Peer {
        int rank = 0;
        std::string who, beat;
        Clock::time_point changed;
    };
    void work(const std::stop_token& end);
    /// Writes one sign and reads the others'.
    void beat();
    void readPeers();
    void lose(const std::string& sentence, bool tell);
    [[nodiscard]] std::string nameOf(const Peer& peer) const;
    /// A peer that has been silent for so long.
    [[nodiscard]] std::optional<std::string> silentFor(Clock::duration duration) const;

    c10::intrusive_ptr<c10d::Store> m_store;
    int m_rank, m_size;
    std::vector<Peer> m_peers;
    std::int64_t m_beats = 0;
    mutable std::mutex m_mutex;  ///< guards what follows, and the peers' times
    std::condition_variable_any m_wake;
    std::optional<std::string> m_lost;
    std::string m_leaving;
    std::function<void(const std::string&)> m_action;
    std::jthread m_thread;
};

}  // namespace skd
