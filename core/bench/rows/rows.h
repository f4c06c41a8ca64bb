#pragma once

#include "bench/row.h"

/// The rows by what they are about; each list is in the file of its name.
namespace skd::bench {

std::vector<RowEntry> evalRows();
std::vector<RowEntry> decodeRows();
std::vector<RowEntry> stepRows();
std::vector<RowEntry> headRows();
std::vector<RowEntry> adamwRows();
std::vector<RowEntry> spectraRows();
std::vector<RowEntry> calibrationRows();
std::vector<RowEntry> probeRows();
std::vector<RowEntry> linearRows();
std::vector<RowEntry> layerChangeRows();
std::vector<RowEntry> carveRows();
std::vector<RowEntry> tokenizerRows();
std::vector<RowEntry> loadRows();
std::vector<RowEntry> metricRows();

}  // namespace skd::bench
