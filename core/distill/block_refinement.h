#pragma once

#include <filesystem>

#include "corpus/corpus.h"
#include "events/run_context.h"
#include "model/decoder.h"
#include "spec/refine_spec.h"

namespace skd {

/// What block refinement uses besides models, data and its own spec.
struct RefineEnvironment {
    std::filesystem::path folder;    ///< of this round's refined blocks; those in it are taken
    std::string specSha256;          ///< of the whole run
    std::string studentSha256;       ///< of the student's weights before refinement
    std::string referenceSha256;     ///< of the reference's
    std::int64_t earlierRounds = 0;  ///< whose metrics stand before those of this one
};

struct RefineReport {
    /// Of each block: its relativeError before and after it was trained.
    std::vector<double> before, after;
    std::int64_t samples = 0, tokens = 0;  ///< that each block was trained on, in one pass
    std::int64_t steps = 0;                ///< optimiser steps of a block
    std::int64_t unchanged = 0;      ///< blocks that had nothing to learn, or became no better
    std::int64_t resumedBlocks = 0;  ///< that an earlier attempt had refined
    double seconds = 0;              ///< of this call
    bool cancelled = false;          ///< the blocks that are done are kept in the folder
    /// Means over the blocks.
    [[nodiscard]] double meanBefore() const;
    [[nodiscard]] double meanAfter() const;
    [[nodiscard]] Json toJson() const;
};

/// Trains the student's blocks in their order, each to give what the same block of `reference`
/// gives on samples of the corpus (resources/help/method.md, Block refinement; AA-SVD's recipe,
/// Lillama's loss, arXiv 2412.16719). A block of the student reads what the refined blocks before
/// it give; a layer that was dropped is made up for by the block before it. At any time memory
/// holds the two residual streams and one block's optimiser and graph; layers of `reference` go
/// once they are passed. A block whose error is 0 is left as it is, and so is one whose error
/// after training is not below the one before.
///
/// Emits Progress of Stage::Refine in steps, metrics "refine.loss" (a point per step; blocks and
/// rounds follow each other), "refine.before" and "refine.after" (a point per block) and log
/// lines. Each finished block is kept in the folder: called again with the same inputs it
/// continues with the first that is not. The same inputs, seed and threads give the same bits,
/// however often it is interrupted.
///
/// InvalidInput where both residual streams have different widths; OutOfMemory, with the numbers,
/// where the estimate does not fit.
Result<RefineReport> refineBlocks(Decoder& student, Decoder reference, const Corpus& corpus,
                                  const RefineSpec& spec, const RefineEnvironment& environment,
                                  const RunContext& context);

/// For each layer of the student, the first layer of the reference that comes after what it
/// stands for: itself, and the dropped ones between it and the student's next.
std::vector<std::size_t> referenceEnds(const Decoder& student, const Decoder& reference);

}  // namespace skd
