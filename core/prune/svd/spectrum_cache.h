#pragma once

#include <filesystem>
#include <map>
#include <optional>

#include "base/processes/file_turn.h"
#include "events/run_context.h"
#include "prune/structure/channels.h"
#include "prune/svd/decomposition.h"
#include "results/analysis.h"

namespace skd {

/// Decompositions of the target matrices of a model, on disk under a key that holds the weights'
/// and the calibration's hashes. Opening maps the file; a rank's slice is read when it is used.
class SpectrumCache {
public:
    explicit SpectrumCache(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    /// Of whoever makes what belongs to `key`, where processes share the cache
    /// (base/processes/file_turn.h).
    [[nodiscard]] std::optional<FileTurn> turn(const std::string& key,
                                               const std::function<bool()>& cancelled) const {
        return turnToMake(m_folder, key.substr(0, 64), cancelled);
    }

    struct Entry {
        std::vector<Decomposition> decompositions;  ///< in the order of Analysis::matrices
        std::vector<std::vector<double>> plain;     ///< plain singular values
        std::vector<ChannelCut> channels;           ///< by layer; empty where they are not wanted
    };
    /// Nothing when there is no entry under `key`, or when it does not verify (it is then removed).
    [[nodiscard]] std::optional<Entry> load(const std::string& key,
                                            const std::vector<MatrixInfo>& matrices) const;
    Status save(const std::string& key, const std::vector<MatrixInfo>& matrices,
                const Entry& entry) const;

    /// The channels of an entry, which have a key and file of their own.
    [[nodiscard]] std::optional<std::vector<ChannelCut>> loadChannels(const std::string& key,
                                                                      std::size_t layers) const;
    Status saveChannels(const std::string& key, const std::vector<ChannelCut>& channels) const;

    /// Of each matrix, in ascending order of rank.
    using Probes = std::vector<std::vector<RankProbe>>;
    /// Nothing where a rank is above the `largest` of its matrix.
    [[nodiscard]] std::optional<Probes> loadProbes(const std::string& key,
                                                   const std::vector<std::int64_t>& largest) const;
    Status saveProbes(const std::string& key, const Probes& probes) const;

    /// KL of whole rank profiles in nats per token, by the hash of their ranks.
    using Profiles = std::map<std::string, double>;
    /// Empty where there is no entry under `key`, or a damaged one.
    [[nodiscard]] Profiles loadProfiles(const std::string& key) const;
    Status saveProfiles(const std::string& key, const Profiles& profiles) const;

private:
    [[nodiscard]] std::filesystem::path file(const std::string& key, const char* suffix) const;
    std::filesystem::path m_folder;
};

/// A cache that cannot be written costs time later, not the run.
void warnOnFailure(const Status& saved, const RunContext& context);

}  // namespace skd
