#include "base/files.h"
#include "base/hash.h"
#include "bench/rows/rows.h"

namespace skd::bench {
namespace {

namespace fs = std::filesystem;

/// A model's weight files: itself, or those of its folder.
Result<std::vector<fs::path>> weightFiles(const std::string& model) {
    SKD_TRY(const fs::path path, resolveModelPath(model));
    if (!fs::is_directory(path)) return std::vector<fs::path>{path};
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path))
        if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
    return files;
}

/// Opening a model, tokeniser and all; its files are in the page cache.
class LoadRow final : public Row {
public:
    Status prepare(World& world) override {
        m_ref = world.request().model;
        SKD_TRY(m_files, weightFiles(m_ref.path));
        return {};
    }
    Status ours() override {
        SKD_TRY(const OpenModel model, openModel(m_ref));
        m_parameters = model.summary.totalParameters;
        return {};
    }
    Status reference() override {
        for (const fs::path& file : m_files) {
            SKD_TRY(const std::string bytes, readFile(file));
            m_bytes += bytes.size();
        }
        return {};
    }
    [[nodiscard]] Work work() const override {
        double bytes = 0;
        for (const fs::path& file : m_files) bytes += static_cast<double>(bytesBelow(file));
        return {.units = bytes / 1e6, .bound = BoundKind::Bandwidth, .amount = bytes};
    }
    [[nodiscard]] Json details() const override { return {{"parameters", m_parameters}}; }

private:
    ModelRef m_ref;
    std::vector<fs::path> m_files;
    std::int64_t m_parameters = 0;
    std::size_t m_bytes = 0;
};

/// What the identity of a model costs when it is loaded: loading with its digest, which is how
/// every model is loaded, against loading without.
class DigestRow final : public Row {
public:
    Status prepare(World& world) override {
        m_options = {world.held(), at::kCPU};
        SKD_TRY(m_path, resolveModelPath(world.request().model.path));
        SKD_TRY(m_files, weightFiles(world.request().model.path));
        return {};
    }
    /// The digests alone: loading without them is loading less this.
    Status ours() override {
        for (const fs::path& file : m_files) {
            SKD_TRY(m_digest, sha256File(file));
        }
        return {};
    }
    Status reference() override {
        SKD_TRY(const LoadedModel model, loadModel(m_path, m_options));
        m_loaded = model.weightsSha256;
        return {};
    }
    [[nodiscard]] Work work() const override {
        double bytes = 0;
        for (const fs::path& file : m_files) bytes += static_cast<double>(bytesBelow(file));
        return {.units = bytes / 1e6, .bound = BoundKind::Bandwidth, .amount = bytes};
    }
    [[nodiscard]] Json details() const override {
        return {{"sha256", m_digest}, {"loaded_sha256", m_loaded}};
    }

private:
    LoadOptions m_options;
    fs::path m_path;
    std::vector<fs::path> m_files;
    std::string m_digest, m_loaded;
};

}  // namespace

std::vector<RowEntry> loadRows() {
    const char* bound = "read bandwidth: the weight files once";
    return {{"load",
             "opening a model that lies in the page cache, until it is ready",
             "MB",
             "reading its files whole",
             bound,
             {.seconds = 1},
             true,
             rowOf<LoadRow>()},
            {"load-digest",
             "SHA-256 of the weight files, which loading computes",
             "MB",
             "loading with the digest (without it: the difference)",
             bound,
             {},
             true,
             rowOf<DigestRow>()}};
}

}  // namespace skd::bench
