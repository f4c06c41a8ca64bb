#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/corpus_spec.h"

namespace skd {

/// A text that ships to measure on, and that nothing is trained on.
struct MeasuredText {
    std::string name;        ///< in messages: "WikiText-2 test split"
    CorpusShare source;      ///< where its documents are read
    std::string corpusPath;  ///< of the corpus sample it was cut from; "" without one
};

/// The test split of WikiText-2 and the held-out texts (resources/held-out/README.md).
const std::vector<MeasuredText>& measuredTexts();

/// The share that reads, in the place of `share`, what was held out of it before it was shipped;
/// nothing where it is no sample that ships.
std::optional<CorpusShare> heldOutOf(const CorpusShare& share);

}  // namespace skd
