#include "bench/world.h"

#include <unistd.h>

#include <chrono>

#include "base/files.h"
#include "base/resources.h"
#include "base/text.h"

namespace skd::bench {
namespace {

namespace fs = std::filesystem;

/// The probe is 2 seconds long in all, in parts that take turns with the work.
constexpr double kProbeSeconds = 2.0;

}  // namespace

double gemmRate(double seconds, at::ScalarType type) {
    using Clock = std::chrono::steady_clock;
    const at::Tensor a = at::randn({512, 1024}).to(type), b = at::randn({3072, 1024}).to(type);
    at::linear(a, b);
    std::int64_t count = 0;
    const auto begin = Clock::now();
    std::chrono::duration<double> spent{};
    while (count == 0 || spent.count() < seconds) {
        at::linear(a, b);
        ++count;
        spent = Clock::now() - begin;
    }
    return 2.0 * 512 * 1024 * 3072 * static_cast<double>(count) / spent.count();
}

Result<std::unique_ptr<World>> World::open(const BenchRequest& request, const RunContext& context) {
    if (request.model.device == DeviceChoice::Cuda)
        return fail(ErrorCode::Unsupported, "bench measures the CPU; leave --device out");
    auto world = std::unique_ptr<World>(new World(request, context));
    world->m_request.model.device = DeviceChoice::Cpu;
    setThreads(request.model.threads);
    SKD_TRY(const LoadOptions options, loadOptions(world->m_request.model));
    world->m_held = options.dtype.value_or(at::kBFloat16);
    world->m_arithmetic = options.computeDtype.value_or(world->m_held);
    world->m_folder = fs::temp_directory_path() / strCat("sparsekd-bench-", ::getpid());
    std::error_code error;
    fs::create_directories(world->m_folder, error);
    if (error) return fail(ioError("cannot make the folder", world->m_folder, error.value()));
    return world;
}

World::~World() {
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
}

Result<const OpenModel*> World::model() {
    if (!m_model) {
        SKD_TRY(m_model, openModel(m_request.model));
    }
    return &*m_model;
}

Result<std::string> World::text() {
    SKD_TRY(const fs::path path, resolveResource(m_request.text));
    return readFile(path);
}

Result<std::vector<TokenId>> World::ids(std::int64_t count) {
    if (m_ids.empty()) {
        SKD_TRY(const OpenModel* open, model());
        SKD_TRY(const std::string all, text());
        SKD_TRY(m_ids, open->tokenizer->encode(all));
        if (m_ids.empty())
            return fail(ErrorCode::InvalidInput,
                        strCat(m_request.text, " holds no token; give another text"));
    }
    std::vector<TokenId> taken;
    for (std::size_t i = 0; taken.size() < static_cast<std::size_t>(count); ++i)
        taken.push_back(m_ids[i % m_ids.size()]);
    return taken;
}

Result<Corpus> World::corpus(std::int64_t samples, std::int64_t length) {
    SKD_TRY(std::vector<TokenId> taken, ids(samples * length));
    return Corpus(length, std::move(taken),
                  std::vector<std::uint32_t>(static_cast<std::size_t>(samples),
                                             static_cast<std::uint32_t>(length)));
}

double World::gemm() {
    return gemmRate(quick() ? 0.01 : kProbeSeconds / static_cast<double>(m_request.rounds),
                    m_arithmetic);
}

double World::bandwidth() {
    if (!m_bandwidth) m_bandwidth.emplace();
    return m_bandwidth->measure();
}

fs::path World::freshPath(const std::string& name) {
    return m_folder / strCat(name, "-", ++m_paths);
}

}  // namespace skd::bench
