#include "library/elastic_path.h"

#include "library/elastic_slice.h"

namespace skd {

Result<NestedPath> elasticPath(const RunPaths& paths, RunId run) {
    return readPath(paths, RunReference{run, {}, {}});
}

}  // namespace skd
