#pragma once

#include <string>

#include "requests/export/origin.h"

namespace skd {

/// README.md of an export: how the model was made, its figures with their protocol, lineage, shape,
/// how to load it, licence. `record` is the export's own (format, dtype, sizes).
std::string modelCard(const ExportOrigin& origin, const Json& record);

}  // namespace skd
