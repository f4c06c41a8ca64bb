#pragma once

#include <optional>
#include <string>
#include <vector>

#include "distill/checkpoint.h"
#include "distill/parallel/gradient_exchange.h"
#include "distill/parallel/row_shares.h"
#include "events/run_context.h"

namespace skd {

/// What the processes of one training do together; alone, nothing of it costs anything. Rank 0
/// leads: it alone reads and writes files and says what happens.
class TrainingTeam {
public:
    /// Null: alone.
    explicit TrainingTeam(Communicator* devices) : m_devices(devices) {}

    [[nodiscard]] bool isAlone() const { return m_devices == nullptr; }
    [[nodiscard]] bool leads() const { return isAlone() || m_devices->leads(); }
    [[nodiscard]] int size() const { return isAlone() ? 1 : m_devices->size(); }
    [[nodiscard]] Communicator& devices() const { return *m_devices; }
    [[nodiscard]] Traffic traffic() const { return isAlone() ? Traffic() : m_devices->traffic(); }

    /// Of so many samples that follow each other those of this process: first and end.
    [[nodiscard]] std::pair<std::size_t, std::size_t> ownOf(std::size_t samples) const;
    /// This process' part.
    [[nodiscard]] std::vector<RowShare> ownOf(const RowShares& shares) const;
    /// Adds to each value those of the other processes.
    [[nodiscard]] Status add(const std::vector<double*>& values) const;

    /// An evaluation may end early; together it always has its whole text.
    [[nodiscard]] bool cutsShort(const RunContext& context) const {
        return isAlone() && context.stop.stop_requested();
    }
    /// Whether any process says so: what all of them then do.
    [[nodiscard]] Result<bool> any(bool mine) const;
    /// The leader's value.
    [[nodiscard]] Result<Json> fromLeader(const Json& json) const;
    /// InvalidInput where this process has another value than the leader: they must not train on.
    [[nodiscard]] Status agree(const Json& json) const;

    /// Which rows of parameters each process updates; empty: all of them, in every process, as it
    /// is alone or with reduced moments, whose blocks are of whole parameters.
    [[nodiscard]] RowShares sharesOf(const std::vector<NamedTensor>& parameters,
                                     MomentType moments) const;
    /// Of an optimiser's state, NAME.KIND of each parameter, the whole in the leader; elsewhere it
    /// is undefined what it returns.
    [[nodiscard]] Result<std::vector<NamedTensor>> gather(std::vector<NamedTensor> state,
                                                          const AdamW& optimiser,
                                                          const RowShares& shares) const;
    /// The leader's checkpoint, and of its tensors the rows that this process has.
    [[nodiscard]] Result<std::optional<Checkpoint>> fromLeader(std::optional<Checkpoint> checkpoint,
                                                               const AdamW& optimiser,
                                                               const RowShares& shares) const;
    /// After each process has changed its rows of the weights: all rows to all.
    [[nodiscard]] Status shareWeights(const AdamW& optimiser, const RowShares& shares) const;
    /// The leader's weights to all.
    [[nodiscard]] Status weightsFromLeader(Decoder& student) const;

private:
    Communicator* m_devices;
};

/// Steps and how long they took.
struct TimedSteps {
    double seconds = 0;
    std::int64_t count = 0;
};
/// Says on the log what the processes have sent each other per step; nothing alone.
void tellTraffic(const TrainingTeam& team, const Traffic& traffic, const TimedSteps& steps,
                 const RunContext& context);

}  // namespace skd
