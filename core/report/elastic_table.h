#pragma once

#include "base/table.h"
#include "results/elastic_summary.h"

namespace skd {

/// The sizes that an elastic run has measured: what each removes and keeps, and its perplexities
/// with standard errors.
TextTable sizesTable(const ElasticSummary& elastic);

}  // namespace skd
