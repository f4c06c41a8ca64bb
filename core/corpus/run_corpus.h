#pragma once

#include "corpus/corpus.h"
#include "spec/run_spec.h"

namespace skd {

/// The corpus of a run: buildCorpus with the samples that the spec gives, or where corpus.samples
/// is 0 with those that its steps or its budget take (samplesOf), but no more than the shares hold
/// without repeating one. Then they are read twice.
Result<Corpus> buildRunCorpus(const RunSpec& spec, std::uint64_t seed, const Tokenizer& tokenizer,
                              const std::filesystem::path& resourceFolder,
                              const CorpusOptions& options = {});

}  // namespace skd
