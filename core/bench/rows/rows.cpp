#include "bench/rows/rows.h"

#include <iterator>

namespace skd::bench {

const std::vector<RowEntry>& allRows() {
    static const std::vector<RowEntry> all = [] {
        std::vector<RowEntry> rows;
        for (const auto list : {evalRows, decodeRows, stepRows, headRows, adamwRows, spectraRows,
                                calibrationRows, probeRows, linearRows, layerChangeRows, carveRows,
                                tokenizerRows, loadRows, metricRows})
            std::ranges::move(list(), std::back_inserter(rows));
        return rows;
    }();
    return all;
}

}  // namespace skd::bench
