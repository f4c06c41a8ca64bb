#pragma once

#include <vector>

#include "spec/corpus_spec.h"

namespace skd::test {

/// The default mixture with the beginnings of its samples alone, some 100 kB each, in a folder of
/// this process: for tests that run many times and care little what is read.
const std::vector<CorpusShare>& smallShares();

}  // namespace skd::test
