#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/decoder.h"
#include "results/matrix_form.h"

/// Elastic models: sizes, and slices at one of them (resources/help/method.md, Elastic students:
/// the factors).
namespace skd {

/// Ranks by name of matrix, as Linear::name has it. 0 and min(rows, columns) both stand for the
/// whole matrix.
using MatrixRanks = std::map<std::string, std::int64_t>;

bool isElastic(const Decoder& model);
/// Unsupported where the model is elastic: `purpose` ("the export", "slicegpt") takes one size.
Status checkOneSize(const Decoder& model, std::string_view purpose);

/// The ranks in use, and the largest there are, of the elastic matrices.
MatrixRanks ranksInUse(const Decoder& model);
MatrixRanks rankCaps(const Decoder& model);

/// The size that the model has from now on: a number in each elastic matrix, no copy. Every elastic
/// matrix has to be named. A matrix of another form may be named with 0 or, where it is dense, with
/// its full rank. InvalidInput, with nothing changed, for a matrix that is missing, unknown or
/// fixed in its rank, and for a rank below 0 or above the cap.
Status setRanks(Decoder& model, const MatrixRanks& ranks);

/// Parameters of the model, or of the selected matrices, at the ranks in use where elastic matrices
/// are held in `form`, which is another than they are trained in: whole at full rank. Of a model
/// that is not elastic what Decoder::parameterCount says.
std::int64_t parametersAs(const Decoder& model, MatrixForm form);
std::int64_t parametersAs(const Decoder& model, MatrixForm form, const MatrixSelection& selection);

/// A model of one size. What is not elastic shares memory with the model it comes from.
struct Slice {
    Decoder model;
    double largestEntry = 0;         ///< max |C| over the identity blocks; 0 where there is none
    double largestCondition = 1;     ///< of [I; C] over them
    std::vector<std::string> notes;  ///< a sentence for each matrix that has another form
};

/// The slice at `ranks` (as setRanks takes them), in `form`; full rank becomes the whole matrix in
/// every form but the elastic one.
///
/// Elastic and Factored copy the first components: a slice of an elastic slice has the bits of the
/// slice. IdentityBlock makes blocks in f64; a matrix whose [I; C] has a condition above 1e4, or
/// that f32 would not hold, becomes plain factors, or whole where those would be larger, with a
/// note. Dense multiplies out.
///
/// `proceed` is asked before every group of matrices; its error is the result's.
Result<Slice> sliced(const Decoder& model, const MatrixRanks& ranks, SliceForm form,
                     const std::function<Status()>& proceed = nullptr);

}  // namespace skd
