#pragma once

#include "distill/teacher_cache.h"

namespace skd {

/// How many samples a teacher reads in one pass: on the CPU one, on a device as many as make up
/// kPassTokens (device_scoring.h).
std::int64_t samplesTogether(const Decoder& teacher, const Corpus& corpus);

/// What a teacher says of several samples, on the host: of the k largest entries ids,
/// log-probabilities and log Z, of draws ids, counts, negative entropies and masses.
struct TeacherBatch {
    std::vector<std::int64_t> begins;  ///< first row of each sample, and the end of the last one
    TopKRows top;
    TokenDraws draws;
    bool isDrawn = false;

    /// Appends the rows of sample number `index`; returns its masses.
    std::vector<float> add(std::size_t index, std::uint64_t hash, TeacherBlockWriter& writer) const;
};

/// One pass over the samples of a corpus, with one copy to the teacher's device and one back.
/// Throws c10::Error where a logit is not finite. On any device.
TeacherBatch runTeacher(const Decoder& teacher, const Corpus& corpus, const TeacherCacheKey& key,
                        const std::vector<std::int64_t>& samples);

}  // namespace skd
