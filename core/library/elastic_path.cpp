#include "library/elastic_path.h"

#include "base/text.h"
#include "library/elastic_slice.h"

namespace skd {

namespace {

Result<NestedPath> recordedPath(const ElasticSummary& recorded) {
    if (recorded.pathVersion > ElasticSummary::kPathVersion)
        return fail(
            ErrorCode::Unsupported,
            strCat("the path of sizes has version ", recorded.pathVersion, ", this program reads ",
                   ElasticSummary::kPathVersion, "; open the workspace with a newer sparsekd"));
    SKD_TRY(NestedPath path, NestedPath::fromJson(recorded.path));
    if (path.sha256() == recorded.pathSha256) return path;
    return fail(ErrorCode::Corrupt,
                "the path of sizes is not the one whose SHA-256 the summary has; what the "
                "workspace holds of this run was changed");
}

}  // namespace

Result<NestedPath> elasticPath(const RunPaths& paths, RunId run,
                               const std::optional<ElasticSummary>& recorded) {
    if (recorded && recorded->pathVersion > 0)
        return located(recordedPath(*recorded), strCat("the record of run ", run.value()));
    return readPath(paths, RunReference{run, {}, {}});
}

}  // namespace skd
