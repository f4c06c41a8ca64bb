#pragma once

#include <string>
#include <vector>

#include "spec/corpus_spec.h"

namespace skd::test {

/// The default mixture with the beginnings of its samples alone, some 100 kB each, in a folder of
/// this process: for tests that run many times and care little what is read.
const std::vector<CorpusShare>& smallShares();
/// As the value of corpus.shares in a spec file.
std::string smallSharesText();

}  // namespace skd::test
