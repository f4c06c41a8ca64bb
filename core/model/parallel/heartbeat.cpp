#include "model/parallel/heartbeat.h"

#include <unistd.h>

#include "base/processes/child_process.h"
#include "base/text.h"

namespace skd {
namespace {

constexpr std::chrono::seconds kBeatEvery{1};
/// Long enough for three signs, for a process whose connection has just broken.
constexpr std::chrono::seconds kBrokenSilence{4}, kLongestExplanation{10};
constexpr const char* kLostKey = "lost";

std::string keyOf(const char* what, int rank) {
    return strCat(what, "/", rank);
}

std::vector<std::uint8_t> bytesOf(const std::string& text) {
    return {text.begin(), text.end()};
}

std::string textOf(const std::vector<std::uint8_t>& bytes) {
    return {bytes.begin(), bytes.end()};
}

std::string thisProcess() {
    const std::string host = hostName();
    return strCat(host.empty() ? "?" : host, ", process ", ::getpid());
}

}  // namespace

Heartbeat::Heartbeat(c10::intrusive_ptr<c10d::Store> store, int rank, int size)
    : m_store(std::move(store)), m_rank(rank), m_size(size) {
    m_store->set(keyOf("who", rank), bytesOf(thisProcess()));
    m_store->set(keyOf("beat", rank), bytesOf("0"));
}

Heartbeat::~Heartbeat() {
    m_thread.request_stop();
    if (m_thread.joinable()) m_thread.join();
}

void Heartbeat::start() {
    const int last = m_rank == 0 ? m_size : 1;
    for (int peer = m_rank == 0 ? 1 : 0; peer < last; ++peer)
        m_peers.push_back({peer, textOf(m_store->get(keyOf("who", peer))), "", Clock::now()});
    m_thread = std::jthread([this](const std::stop_token& end) { work(end); });
}

void Heartbeat::work(const std::stop_token& end) {
    while (!end.stop_requested() && !lost()) {
        try {
            beat();
        } catch (const std::exception&) {
            lose(m_rank == 0 ? "the store at MASTER_ADDR, by which its processes found each other, "
                               "does not answer any more"
                             : strCat(nameOf(m_peers.front()), " ended or cannot be reached"),
                 false);
        }
        std::unique_lock lock(m_mutex);
        m_wake.wait_for(lock, end, kBeatEvery, [&] { return !m_leaving.empty(); });
    }
}

void Heartbeat::beat() {
    const std::string leaving = [this] {
        const std::lock_guard lock(m_mutex);
        return m_leaving;
    }();
    if (!leaving.empty()) {
        m_store->set(kLostKey,
                     bytesOf(strCat("rank ", m_rank, " (", thisProcess(), ") ended: ", leaving)));
        lose(leaving, false);
        return;
    }
    m_store->set(keyOf("beat", m_rank), bytesOf(std::to_string(++m_beats)));
    if (m_store->check({kLostKey})) return lose(textOf(m_store->get(kLostKey)), false);
    readPeers();
    if (const auto silent = silentFor(kSilence)) lose(*silent, true);
}

void Heartbeat::readPeers() {
    std::vector<std::string> keys;
    for (const Peer& peer : m_peers) keys.push_back(keyOf("beat", peer.rank));
    const auto beats = m_store->multiGet(keys);
    const std::lock_guard lock(m_mutex);
    for (std::size_t i = 0; i < m_peers.size(); ++i) {
        std::string beat = textOf(beats[i]);
        if (beat == m_peers[i].beat) continue;
        m_peers[i].beat = std::move(beat);
        m_peers[i].changed = Clock::now();
    }
}

std::string Heartbeat::nameOf(const Peer& peer) const {
    return strCat("rank ", peer.rank, " (", peer.who, ")");
}

std::optional<std::string> Heartbeat::silentFor(Clock::duration duration) const {
    const std::lock_guard lock(m_mutex);
    for (const Peer& peer : m_peers)
        if (Clock::now() - peer.changed > duration)
            return strCat(nameOf(peer), " ended or fell silent");
    return std::nullopt;
}

void Heartbeat::lose(const std::string& sentence, bool tell) {
    if (tell) m_store->set(kLostKey, bytesOf(sentence));
    std::function<void(const std::string&)> action;
    {
        const std::lock_guard lock(m_mutex);
        if (m_lost) return;
        m_lost = sentence;
        if (m_leaving.empty()) action = m_action;
    }
    m_wake.notify_all();
    if (action) action(sentence);
}

std::optional<std::string> Heartbeat::lost() const {
    const std::lock_guard lock(m_mutex);
    return m_lost;
}

std::string Heartbeat::explain() {
    const Clock::time_point begin = Clock::now();
    while (Clock::now() - begin < kLongestExplanation) {
        if (const auto known = lost()) return *known;
        if (m_rank == 0)
            if (const auto silent = silentFor(kBrokenSilence)) {
                leave(*silent);
                return *silent;
            }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return "another process ended or cannot be reached";
}

void Heartbeat::leave(const std::string& reason) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_lost || !m_leaving.empty()) return;
        m_leaving = reason;
    }
    m_wake.notify_all();
    // The others are told before this process may end.
    for (int i = 0; i < 60 && !lost(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

void Heartbeat::onLoss(std::function<void(const std::string&)> action) {
    std::unique_lock lock(m_mutex);
    m_action = std::move(action);
    if (!m_lost || !m_leaving.empty() || !m_action) return;
    const auto tell = m_action;  // lost before anybody asked
    const std::string sentence = *m_lost;
    lock.unlock();
    tell(sentence);
}

}  // namespace skd
