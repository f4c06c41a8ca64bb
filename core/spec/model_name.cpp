#include "spec/model_name.h"

#include "base/gguf_parts.h"

namespace skd {

std::string modelName(const std::filesystem::path& path) {
    const std::filesystem::path last = path.has_filename() ? path : path.parent_path();
    if (last.extension() == ".gguf") return ggufName(last);
    const std::filesystem::path above = last.parent_path();
    const std::filesystem::path owner =
        above.filename() == "snapshots" ? above.parent_path() : last;
    const std::string cached = owner.filename().string();
    return cached.starts_with("models--") ? cached.substr(cached.rfind("--") + 2)
                                          : last.filename().string();
}

bool isModelReference(std::string_view path) {
    return path.starts_with("run:") || path.starts_with("variant:");
}

}  // namespace skd
