#include "distill/teacher_signal.h"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "base/text.h"

namespace skd {
namespace {

Status refuse(std::string message) {
    return fail(ErrorCode::InvalidInput, std::move(message));
}

Status checkCache(const TeacherCache& cache, const DistillSpec& spec, const Corpus& corpus) {
    if (cache.samples() != corpus.samples())
        return fail(ErrorCode::Internal, strCat("the teacher cache has ", cache.samples(),
                                                " samples, the corpus ", corpus.samples()));
    const bool sampled = spec.loss == KdLoss::Sampled;
    if (sampled != cache.sampling().has_value())
        return refuse(strCat("the loss ", enumName(spec.loss), " needs a teacher cache of ",
                             sampled ? "drawn tokens" : "the most probable tokens"));
    const auto& grid = kTemperatureGrid;
    const bool known = sampled
                           ? cache.sampling()->temperature == spec.temperature
                           : std::find(grid.begin(), grid.end(), spec.temperature) != grid.end();
    if (known) return {};
    return refuse(strCat(
        "the teacher cache does not serve temperature ", spec.temperature,
        sampled ? strCat("; its tokens were drawn at ", cache.sampling()->temperature)
                : std::string(
                      "; its log Z is stored for 1, 1.5, 2 and 3 (the online loss accepts any)")));
}

Result<TeacherRows> rowsOf(const TeacherCache& cache, std::int64_t sample, std::int64_t length,
                           double temperature) {
    if (cache.isUsable(sample)) return cache.rows(sample, temperature);
    // A refused sample has no label, so that any sound rows will do.
    return TeacherRows{at::arange(cache.k(), at::kInt).expand({length, cache.k()}),
                       at::zeros({length, cache.k()}), at::zeros({length})};
}

}  // namespace

TeacherNeed teacherNeed(const DistillSpec& spec) {
    if (spec.alpha == 0) return TeacherNeed::None;
    return spec.loss == KdLoss::Online ? TeacherNeed::Online : TeacherNeed::Cache;
}

Json TeacherSignal::identity() const {
    if (m_cache != nullptr) return {{"kind", "cache"}, {"sha256", m_cache->sha256()}};
    if (m_decoder != nullptr) return {{"kind", "online"}, {"sha256", m_sha256}};
    return {{"kind", "none"}};
}

Status TeacherSignal::check(const DistillSpec& spec, const Corpus& corpus,
                            const Decoder& student) const {
    if (isNone() && spec.alpha > 0)
        return refuse(strCat("alpha is ", spec.alpha,
                             ", but there is no teacher; set it to 0 for cross-entropy alone"));
    if (isNone()) return {};
    const bool online = spec.loss == KdLoss::Online;
    if (online != (m_decoder != nullptr))
        return refuse(strCat("the loss ", enumName(spec.loss), " needs ",
                             online ? "the teacher itself, not its cached probabilities"
                                    : "the teacher's cached probabilities"));
    const std::int64_t known = online ? m_decoder->head.size(0) : m_cache->vocabulary();
    // Ids of a cache may be of fewer rows than the student's: what is beyond them is padding.
    if (online ? known != student.head.size(0) : known > student.head.size(0))
        return refuse(strCat("the teacher's vocabulary has ", known, " tokens, the student's ",
                             student.head.size(0), "; choose a teacher with the same one"));
    return online ? Status() : checkCache(*m_cache, spec, corpus);
}

Status TeacherSignal::fill(HeadInput& input, std::span<const std::int64_t> samples,
                           const at::Tensor& ids, double temperature) const {
    const c10::AutoGradMode noGradient(false);
    if (m_decoder != nullptr) {
        const at::Tensor hidden = m_decoder->hiddenStates(ids.to(m_decoder->device()));
        input.teacherHidden = hidden.reshape({-1, hidden.size(-1)});
        input.teacherHead = m_decoder->head;
    }
    if (m_cache == nullptr) return {};
    std::vector<at::Tensor> entries, logP, logZ;
    for (const std::int64_t sample : samples) {
        SKD_TRY(const TeacherRows rows, rowsOf(*m_cache, sample, ids.size(1), temperature));
        entries.push_back(rows.ids);
        logP.push_back(rows.logProbabilities);
        logZ.push_back(rows.logZ);
    }
    input.teacher = {at::cat(entries), at::cat(logP), at::cat(logZ)};
    return {};
}

}  // namespace skd
