#pragma once

#include "distill/teacher_cache.h"

namespace skd {

/// What a spec's loss is computed from: nothing at alpha = 0, the teacher itself when online.
enum class TeacherNeed { None, Cache, Online };
TeacherNeed teacherNeed(const DistillSpec& spec);

/// What distillation has of a teacher: nothing (cross-entropy alone), cached probabilities, or the
/// teacher itself. Refers to what it was made from. One that alpha = 0 does not need is measured
/// and leaves the gradient alone.
class TeacherSignal {
public:
    TeacherSignal() = default;
    TeacherSignal(const TeacherCache& cache) : m_cache(&cache) {}
    /// `sha256`: of the teacher's weights.
    TeacherSignal(const Decoder& teacher, std::string sha256)
        : m_decoder(&teacher), m_sha256(std::move(sha256)) {}

    [[nodiscard]] bool isNone() const { return m_cache == nullptr && m_decoder == nullptr; }
    /// The online teacher, or null.
    [[nodiscard]] const Decoder* decoder() const { return m_decoder; }
    /// What a checkpoint records of it: kind, and SHA-256 of the cache or of the teacher.
    [[nodiscard]] Json identity() const;
    /// False for samples whose cached probabilities were refused; they must not be trained on.
    [[nodiscard]] bool isUsable(std::int64_t sample) const {
        return m_cache == nullptr || m_cache->isUsable(sample);
    }

    /// InvalidInput when it does not serve the spec's loss and temperature (the message says what
    /// does), or the student's vocabulary is another (smaller, for a cache); Internal when the
    /// corpus is.
    [[nodiscard]] Status check(const DistillSpec& spec, const Corpus& corpus,
                               const Decoder& student) const;
    /// Sets the teacher's part of `input` for `samples`, whose input ids are `ids` [samples,
    /// length].
    [[nodiscard]] Status fill(HeadInput& input, std::span<const std::int64_t> samples,
                              const at::Tensor& ids, double temperature) const;

private:
    const TeacherCache* m_cache = nullptr;
    const Decoder* m_decoder = nullptr;
    std::string m_sha256;
};

}  // namespace skd
