#include "bench/student.h"

#include <numeric>

#include "distill/rate_choice.h"

namespace skd::bench {
namespace {

Corpus sampleCorpus(std::vector<TokenId> ids, const StepShape& shape) {
    return {shape.length + 1, std::move(ids),
            std::vector<std::uint32_t>(static_cast<std::size_t>(shape.samples),
                                       static_cast<std::uint32_t>(shape.length + 1))};
}

at::Tensor corpusTensor(const Corpus& corpus) {
    const std::int64_t length = corpus.sequenceLength();
    at::Tensor all = at::empty({corpus.samples(), length}, at::kLong);
    auto* out = all.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < corpus.samples(); ++i)
        out = std::copy_n(corpus.sample(i).begin(), length, out);
    return all;
}

}  // namespace

Student::Student(Decoder model, std::vector<TokenId> ids, const StepShape& shape)
    : m_model(std::move(model)),
      m_corpus(sampleCorpus(std::move(ids), shape)),
      m_order(static_cast<std::size_t>(shape.samples)) {
    m_spec.batch = shape.samples;
    m_spec.microBatch = shape.microBatch;
    m_spec.topK = shape.topK;
    std::iota(m_order.begin(), m_order.end(), 0);
}

Result<std::unique_ptr<Student>> Student::make(const Decoder& model, std::vector<TokenId> ids,
                                               const StepShape& shape,
                                               const std::filesystem::path& folder) {
    Decoder copy = model.clone();
    if (copy.dtype() != copy.activationDtype())
        copy = copy.to(copy.device(), copy.activationDtype());
    auto student = std::unique_ptr<Student>(new Student(std::move(copy), std::move(ids), shape));
    const TeacherCacheKey key{
        "bench", student->m_model.dtypeName(), "bench", student->m_corpus.sha256(), shape.topK, {}};
    SKD_TRY(student->m_cache,
            buildTeacherCache(student->m_model, student->m_corpus, key, folder, {}));
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);  // stays mapped
    student->m_step.emplace(student->m_model, student->m_corpus, student->m_cache, student->m_spec);
    return student;
}

Result<WindowLoss> Student::step() {
    SKD_TRY(WindowLoss loss, m_step->gradients(m_order));
    m_step->apply(loss, kLowestRate);
    return loss;
}

at::Tensor Student::inputs() const {
    return corpusTensor(m_corpus).narrow(1, 0, m_corpus.sequenceLength() - 1).contiguous();
}

at::Tensor Student::labels() const {
    return corpusTensor(m_corpus).narrow(1, 1, m_corpus.sequenceLength() - 1).flatten();
}

Result<TeacherRows> Student::teacherRows() const {
    std::vector<at::Tensor> ids, values, normalisers;
    for (const std::int64_t sample : m_order) {
        SKD_TRY(const TeacherRows rows, m_cache.rows(sample, m_spec.temperature));
        ids.push_back(rows.ids);
        values.push_back(rows.logProbabilities);
        normalisers.push_back(rows.logZ);
    }
    return TeacherRows{at::cat(ids), at::cat(values), at::cat(normalisers)};
}

}  // namespace skd::bench
