#pragma once

#include "report/report.h"

namespace skd::cli {

/// A table on stdout in columns of equal width, its notes below.
void printReportTable(const ReportTable& table);

}  // namespace skd::cli
