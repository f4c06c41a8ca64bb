#pragma once

#include <string>
#include <vector>

#include "library/run_models.h"
#include "model/elastic.h"
#include "model/files/model_header.h"
#include "ranks/nested_path.h"
#include "spec/slice_choice.h"

/// Models of one size out of the models of elastic runs (resources/help/method.md, Elastic
/// students: the factors).
namespace skd {

/// What a model is a slice of, and at which size.
struct SliceRecord {
    double largest = 0, smallest = 0;  ///< sizes that the run has trained, as fractions removed
    std::optional<double> asked = {};  ///< the size that was asked for; none: the largest, or ranks
    double removed = 0;                ///< what its ranks come to by the run's own pricing
    bool byRanks = false;              ///< of ranks that were given, on the path or off it
    std::string pathSha256 = {};
    SliceForm form = SliceForm::IdentityBlock;
    MatrixRanks ranks = {};
    double largestEntry = 0, largestCondition = 1;  ///< of its identity blocks, as Slice has them
    std::vector<std::string> notes = {};            ///< matrices that have another form

    [[nodiscard]] Json toJson() const;
};

/// The form that slices along a path have, where none is asked for: the one its ranks are priced
/// in.
SliceForm sliceFormOf(const NestedPath& path);
/// The path of sizes that an elastic model's file keeps (readElasticRecord); Corrupt where it has
/// none.
Result<NestedPath> pathOf(const Json& record);
/// The same of the run that a reference names; InvalidInput, with what to do, where it is not
/// elastic.
Result<NestedPath> readPath(const RunPaths& paths, const RunReference& reference);

/// InvalidInput, with the sizes there are, for a size that the model of a reference does not have.
/// Reads no weights.
Status checkSize(const RunPaths& paths, const RunReference& reference);

/// A model of one size.
struct OneSize {
    DecoderFile file;
    std::optional<SliceRecord> slice;  ///< none: the run trained the one size
};
/// openRunModel, and of an elastic run a slice: at the size of the reference, at the largest where
/// it has none, or at the ranks of `choice`. Slices are made in f32 of the weights as stored, and
/// then held as `options` say. The hash of a slice is of the elastic model's, its ranks, form and
/// type, so that neither instruction set nor threads are part of it. InvalidInput for a size or
/// ranks that the model does not have, and for any size of a run that is not elastic.
Result<OneSize> openOneSize(const RunPaths& paths, const RunReference& reference,
                            const LoadOptions& options, const SliceChoice& choice = {});

/// The whole model of an elastic run, with all of its sizes and at its largest; `elastic` of the
/// file has the path (pathOf). InvalidInput where the run is not elastic, and for a reference that
/// names a size.
Result<DecoderFile> openAllSizes(const RunPaths& paths, const RunReference& reference,
                                 const LoadOptions& options);

/// What the headers say of the model that openOneSize opens: of a slice its own number of
/// parameters, and their bytes.
Result<ModelHeader> runModelHeader(const RunPaths& paths, const RunReference& reference);

}  // namespace skd
