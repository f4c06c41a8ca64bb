#pragma once

#include "events/run_context.h"
#include "model/decoder.h"
#include "results/break_even.h"

namespace skd {

/// A table without shapes for this machine, the model's dtype, and LibTorch's number of threads.
BreakEvenTable breakEvenTableFor(const Decoder& model);

/// What is timed: the shapes of the selected matrices, dense and in a form.
struct TimedMatrices {
    MatrixSelection selection;
    MatrixForm form = MatrixForm::Factored;
};
/// Times of dense and cut products in the shapes of the matrices, at each batch.
/// Shapes that `table` has already are not measured again. Each time runs through more copies of
/// the matrix than caches hold, as a model's layers do; dense and factored passes take turns, and a
/// factored time is the median ratio to dense times the median dense time. False when cancelled;
/// what was measured until then is in the table.
bool measureBreakEven(const Decoder& model, const TimedMatrices& matrices,
                      const std::vector<std::int64_t>& batches, BreakEvenTable& table,
                      const RunContext& context);

/// Shapes [rows, columns] of the selected matrices, each once.
std::vector<std::pair<std::int64_t, std::int64_t>> shapesOf(const Decoder& model,
                                                            const MatrixSelection& selection);

}  // namespace skd
