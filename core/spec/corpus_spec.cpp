#include "spec/corpus_spec.h"

#include "base/text.h"

namespace skd {

std::string samplesText(std::int64_t samples, std::int64_t sequenceLength,
                        std::optional<std::int64_t> distinct) {
    std::string text =
        strCat(groupDigits(samples), " samples of ", groupDigits(sequenceLength), " tokens");
    if (!distinct || *distinct <= 0) return text;
    if (*distinct >= samples) return text + ", all distinct";
    const double passes = static_cast<double>(samples) / static_cast<double>(*distinct);
    return text +
           strCat(", ", groupDigits(*distinct), " distinct (", formatNumber(passes, 3), " passes)");
}

}  // namespace skd
