#include "spec/corpus_spec.h"

#include "base/text.h"

namespace skd {

std::string samplesText(const CorpusSpec& spec, std::optional<std::int64_t> distinct) {
    std::string text = strCat(groupDigits(spec.samples), " samples of ",
                              groupDigits(spec.sequenceLength), " tokens");
    if (!distinct || *distinct <= 0) return text;
    if (*distinct >= spec.samples) return text + ", all distinct";
    const double passes = static_cast<double>(spec.samples) / static_cast<double>(*distinct);
    return text +
           strCat(", ", groupDigits(*distinct), " distinct (", formatNumber(passes, 3), " passes)");
}

}  // namespace skd
