#include "corpus/run_corpus.h"

namespace skd {

Result<Corpus> buildRunCorpus(const RunSpec& spec, std::uint64_t seed, const Tokenizer& tokenizer,
                              const std::filesystem::path& resourceFolder,
                              const CorpusOptions& options) {
    CorpusSpec wanted = spec.corpus;
    wanted.samples = samplesOf(spec);
    SKD_TRY(Corpus corpus, buildCorpus(wanted, seed, tokenizer, resourceFolder, options));
    if (spec.corpus.samples > 0 || corpus.available() >= corpus.samples()) return corpus;
    wanted.samples = corpus.available();
    return buildCorpus(wanted, seed, tokenizer, resourceFolder, options);
}

}  // namespace skd
