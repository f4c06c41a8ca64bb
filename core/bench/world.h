#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "bench/bench.h"
#include "corpus/corpus.h"
#include "eval/bandwidth_probe.h"
#include "library/model_source.h"

namespace skd::bench {

/// Rate of a product of good shape, [512, 1024] by [1024, 3072], in FLOP/s over about `seconds`.
double gemmRate(double seconds, at::ScalarType type);

/// What rows share: the model, the text, the probes, a folder of their own.
class World {
public:
    /// On the CPU: Unsupported where another device is asked for by name.
    static Result<std::unique_ptr<World>> open(const BenchRequest& request,
                                               const RunContext& context);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Opened when it is first asked for. NotFound where it is not on this machine.
    Result<const OpenModel*> model();
    /// The text's bytes, as they are in its file.
    Result<std::string> text();
    /// The first `count` ids of the text; it begins again where it is too short.
    Result<std::vector<TokenId>> ids(std::int64_t count);
    /// Samples of so many tokens each, one after the other out of ids().
    Result<Corpus> corpus(std::int64_t samples, std::int64_t length);

    /// How weights are held, and what is computed in, as the request's dtype has it.
    [[nodiscard]] at::ScalarType held() const { return m_held; }
    [[nodiscard]] at::ScalarType arithmetic() const { return m_arithmetic; }
    [[nodiscard]] const BenchRequest& request() const { return m_request; }
    [[nodiscard]] bool quick() const { return m_request.quick; }
    [[nodiscard]] const RunContext& context() const { return m_context; }
    /// `large`, or with quick() `small`.
    [[nodiscard]] std::int64_t size(std::int64_t large, std::int64_t small) const {
        return quick() ? small : large;
    }

    /// Probes now: FLOP/s in arithmetic(), and bytes/s.
    double gemm();
    double bandwidth();
    /// A path in the run's own folder, where nothing is yet; all goes with the world.
    std::filesystem::path freshPath(const std::string& name);

private:
    World(BenchRequest request, const RunContext& context)
        : m_request(std::move(request)), m_context(context) {}

    BenchRequest m_request;
    const RunContext& m_context;
    at::ScalarType m_held = at::kBFloat16, m_arithmetic = at::kBFloat16;
    std::filesystem::path m_folder;
    std::int64_t m_paths = 0;
    std::optional<OpenModel> m_model;
    std::optional<BandwidthProbe> m_bandwidth;
    std::vector<TokenId> m_ids;
};

}  // namespace skd::bench
