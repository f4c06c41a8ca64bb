#pragma once

#include "distill/teacher_signal.h"
#include "run/run_work.h"

namespace skd {

/// Whose probabilities a run distils: its own model before pruning, a model of another run, or any
/// model with the same tokeniser. Rows of its embedding beyond the student's are padding, and cut.
class TeacherSource {
public:
    /// InvalidInput when tokenisers differ, or the loss needs as many rows as the student has and
    /// the teacher has fewer. Reads no weights: for before the first stage.
    static Status check(const RunWork& work);
    /// Opens the teacher spec.teacher names and measures its perplexity where it is not the run's
    /// own model.
    static Result<TeacherSource> open(RunWork& work);

    /// Caches this teacher's probabilities on the run's corpus where the loss reads them from a
    /// cache. Frees its weights unless the loss asks the teacher itself. Stops the work when
    /// cancelled. Does nothing the second time, until the teacher is replaced.
    Status prepare(RunWork& work);
    /// Continues with `model` as the teacher (re-caching between rounds); `key` stands for it in
    /// caches.
    void replace(HashedModel model, std::string key, std::size_t round);

    /// What the spec's loss is computed from. Refers to this object.
    [[nodiscard]] TeacherSignal signal(const DistillSpec& spec) const;
    [[nodiscard]] const HashedModel& model() const { return m_model; }
    /// What the other processes of a run have to know of it.
    [[nodiscard]] Json offer() const;
    [[nodiscard]] const std::filesystem::path& cacheFolder() const { return m_cacheFolder; }
    /// It is the model that the run started from, and has its weights.
    [[nodiscard]] bool isOriginal(const RunWork& work) const {
        return m_key == work.model.identity.key() && m_model.decoder.embedding.defined();
    }
    /// For the lineage; none before open().
    [[nodiscard]] const std::optional<TeacherSummary>& record() const { return m_record; }

private:
    void cutTo(std::int64_t tokens);

    HashedModel m_model;
    std::string m_key;  ///< ModelIdentity::key
    TeacherCache m_cache;
    TeacherCacheKey m_cacheKey;           ///< of it
    std::filesystem::path m_cacheFolder;  ///< where it is
    bool m_prepared = false;
    std::optional<TeacherSummary> m_record;
};

}  // namespace skd
