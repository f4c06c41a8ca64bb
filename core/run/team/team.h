#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "store/run_paths.h"

namespace skd {

class Communicator;
struct RunContext;

/// The processes that torchrun, or Slurm with its variables, has started for one run. Rank 0 leads:
/// it has the workspace and carries the run out, and asks the others to take part in what several
/// can do (teacher cache, distillation, perplexity). They have no workspace and say nothing.
class Team {
public:
    /// Joins the others where the environment names any (ProcessPlace); null: this process is
    /// alone.
    static Result<std::shared_ptr<Team>> fromEnvironment();
    explicit Team(std::shared_ptr<Communicator> devices) : m_devices(std::move(devices)) {}

    [[nodiscard]] bool leads() const;
    [[nodiscard]] int size() const;
    [[nodiscard]] Communicator& devices() const { return *m_devices; }
    /// Threads of this process where a spec leaves them open: its share of the machine's cores.
    [[nodiscard]] static std::int64_t threads();

    /// Rank 0: asks the others to do `command` ({"do": ...}); the stage of that name follows.
    Status call(const Json& command);
    /// Rank 0: the stage is over everywhere; until then an error leaves the others waiting.
    void finishCall() { m_isCalling = false; }
    /// Rank 0: nothing follows. With an error the others hear why.
    void end(const std::optional<Error>& error);

    /// The others: do what rank 0 asks, until it ends. `paths`: those of the workspace, where
    /// models of runs are looked for. A stop asked for here stops the run, with a checkpoint.
    Status follow(const RunPaths& paths, std::stop_token stop);
    /// Called once where a process is lost while none is waited for.
    void onLoss(std::function<void(const std::string& sentence)> action);

private:
    std::shared_ptr<Communicator> m_devices;
    bool m_isCalling = false;
};

}  // namespace skd
