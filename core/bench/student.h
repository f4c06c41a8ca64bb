#pragma once

#include <memory>
#include <optional>

#include "corpus/corpus.h"
#include "distill/training_step.h"

namespace skd::bench {

/// A KD step: how many samples of how many positions, and what is kept of the teacher.
struct StepShape {
    std::int64_t samples = 4, length = 256, topK = 32, microBatch = 0;

    [[nodiscard]] std::int64_t positions() const { return samples * length; }
    /// Ids that such a step is made of: a sample has a token more than positions.
    [[nodiscard]] std::int64_t ids() const { return samples * (length + 1); }
};

/// Distillation of a copy of a model from the model itself by a cache of its most probable tokens:
/// the product's step. The same samples in every step.
class Student {
public:
    /// `ids`: shape.ids() of them; `folder`: for the cache while it is made.
    static Result<std::unique_ptr<Student>> make(const Decoder& model, std::vector<TokenId> ids,
                                                 const StepShape& shape,
                                                 const std::filesystem::path& folder);

    /// Forward, backward and AdamW.
    Result<WindowLoss> step();

    /// [samples, length] of what is read, [samples * length] of what is predicted, and what the
    /// teacher's cache says of it.
    [[nodiscard]] at::Tensor inputs() const;
    [[nodiscard]] at::Tensor labels() const;
    [[nodiscard]] Result<TeacherRows> teacherRows() const;
    [[nodiscard]] const Decoder& model() const { return m_model; }

private:
    Student(Decoder model, std::vector<TokenId> ids, const StepShape& shape);

    Decoder m_model;
    Corpus m_corpus;
    DistillSpec m_spec;
    std::vector<std::int64_t> m_order;
    TeacherCache m_cache;
    std::optional<TrainingStep> m_step;
};

}  // namespace skd::bench
