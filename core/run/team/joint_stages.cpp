#include "run/team/joint_stages.h"

#include "base/members.h"
#include "base/resources.h"
#include "base/text.h"
#include "corpus/run_corpus.h"
#include "run/team/model_transfer.h"

namespace skd {
namespace {

/// What a command says of the run.
Json commandFor(const char* what, const RunSpec& spec, std::uint64_t seed) {
    return {{"do", what}, {"spec", toJson(spec)}, {"seed", seed}};
}

Json keyJson(const TeacherCacheKey& key) {
    return {{"model", key.modelSha256},
            {"dtype", key.dtype},
            {"tokenizer", key.tokenizerSha256},
            {"corpus", key.corpusSha256}};
}

/// Of keyJson; what it holds per token is the spec's.
Result<TeacherCacheKey> keyFrom(const Json& json, const DistillSpec& spec, std::uint64_t seed) {
    TeacherCacheKey key;
    SKD_CHECK(takeMember(json, "model", key.modelSha256));
    SKD_CHECK(takeMember(json, "dtype", key.dtype));
    SKD_CHECK(takeMember(json, "tokenizer", key.tokenizerSha256));
    SKD_CHECK(takeMember(json, "corpus", key.corpusSha256));
    key.choose(spec, seed);
    return key;
}

/// Files of a cache, without what a killed process has left.
std::vector<std::string> filesIn(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        if (entry.is_regular_file(ignored) && entry.path().extension() != ".tmp")
            names.push_back(entry.path().filename().string());
    return names;
}

/// Rank 0's side of FollowedTeacher::openCache.
Status offerCache(const std::filesystem::path& folder, Communicator& devices) {
    SKD_TRY(const bool isMissing, devices.any(false));
    if (!isMissing) return {};
    const std::vector<std::string> names = filesIn(folder);
    SKD_CHECK(devices.fromFirst(dumpJson(Json(names))).map([](const std::string&) {}));
    for (const std::string& name : names) SKD_CHECK(shareFile(folder / name, {}, devices));
    return {};
}

std::filesystem::path fileName(const Json& name) {
    return std::filesystem::path(valueOr(name, "unnamed")).filename();
}

/// A teacher as another process has it.
struct FollowedTeacher {
    std::unique_ptr<TransferFolder> scratch;  ///< of a cache that is not reached from here
    TeacherCache cache;
    Decoder decoder;
    std::string key;

    /// Rank 0's cache: in its own folder where this process sees it, else a copy.
    Status openCache(const Json& command, const TeacherCacheKey& cacheKey, const Corpus& corpus,
                     Communicator& devices) {
        std::string folder, sha256;
        SKD_CHECK(takeMember(command, "folder", folder));
        SKD_CHECK(takeMember(command, "sha256", sha256));
        auto seen = TeacherCache::open(folder, cacheKey, corpus);
        const bool isSeen = seen && seen->sha256() == sha256;
        SKD_TRY(const bool isMissing, devices.any(!isSeen));
        if (isMissing) {
            SKD_TRY(scratch, TransferFolder::make());
            SKD_TRY(const std::string list, devices.fromFirst(""));
            SKD_TRY(const Json names, parseJson(list));
            for (const Json& name : names)
                SKD_CHECK(shareFile({}, scratch->path() / fileName(name), devices));
        }
        if (!isSeen) seen = TeacherCache::open(scratch->path(), cacheKey, corpus);
        if (!seen) return fail(seen.error().in("the teacher cache of rank 0"));
        cache = std::move(*seen);
        return {};
    }

    [[nodiscard]] TeacherSignal signal(TeacherNeed need) const {
        if (need == TeacherNeed::Cache) return TeacherSignal(cache);
        if (need == TeacherNeed::Online) return {decoder, key};
        return {};
    }
};

}  // namespace

JointStage::JointStage(const RunContext& context, Team* team) : m_context(context), m_team(team) {
    if (team != nullptr) m_context.devices = &team->devices();
}

JointStage::~JointStage() = default;

void JointStage::finish() {
    if (m_team != nullptr) m_team->finishCall();
}

Status callToTrain(RunWork& work, const DistillSpec& spec, const DistillEnvironment& environment,
                   const TeacherSource& teacher) {
    if (work.team == nullptr) return {};
    Json command = commandFor("train", work.spec, work.context.seed);
    RunSpec trained = work.spec;
    trained.distill = spec;
    command["trained"] = toJson(trained);
    command["samples"] = work.trainingCorpus().samples();
    command["identity"] = environment.specSha256;
    command["first_step"] = environment.firstStep;
    command["round"] = environment.round;
    command["ruled_rate"] = environment.ruledRate;
    command["teacher"] = teacher.offer();
    SKD_CHECK(work.team->call(command));
    Communicator& devices = work.team->devices();
    SKD_CHECK(shareModel(work.student.decoder, at::kCPU, devices).map([](const Decoder&) {}));
    switch (teacherNeed(spec)) {
        case TeacherNeed::Cache:
            return offerCache(teacher.cacheFolder(), devices);
        case TeacherNeed::Online:
            return shareModel(teacher.model().decoder, at::kCPU, devices).map([](const Decoder&) {
            });
        case TeacherNeed::None:
            break;
    }
    return {};
}

Status callToCache(RunWork& work, const Decoder& teacher, const TeacherCacheKey& key) {
    if (work.team == nullptr) return {};
    Json command = commandFor("cache", work.spec, work.context.seed);
    command["samples"] = work.trainingCorpus().samples();
    command["key"] = keyJson(key);
    SKD_CHECK(work.team->call(command));
    return shareModel(teacher, at::kCPU, work.team->devices()).map([](const Decoder&) {});
}

Result<EvalReport> scoreTogether(RunWork& work, const Decoder& model, bool live) {
    Json command = commandFor("score", work.spec, work.context.seed);
    command["live"] = live;
    SKD_CHECK(work.team->call(command));
    SKD_CHECK(shareModel(model, at::kCPU, work.team->devices()).map([](const Decoder&) {}));
    JointStage stage(work.context, work.team);
    SKD_TRY(EvalReport report, work.scorer->evaluate(model, live, stage.context()));
    stage.finish();
    return report;
}

Json TeacherSource::offer() const {
    return {{"key", keyJson(m_cacheKey)},
            {"folder", m_cacheFolder.string()},
            {"sha256", m_cache.sha256()},
            {"name", m_key}};
}

Follower::Follower(Communicator& devices, const RunPaths& paths, std::stop_token stop)
    : m_devices(devices), m_paths(paths), m_stop(std::move(stop)), m_scores(paths.scores()) {}

RunContext Follower::context() const {
    RunContext context;
    context.seed = m_seed;
    context.stop = m_stop;
    context.devices = &m_devices;
    return context;
}

Result<at::Device> Follower::device() const {
    SKD_TRY(const ComputeDevice entry, resolveDevice(m_spec.model.device));
    return entry.device;
}

Status Follower::prepare(const Json& command) {
    SKD_TRY(RunSpec spec, parseRunSpec(memberOf(command, "spec")));
    if (memberOf(command, "spec") == m_specJson) return {};
    m_specJson = memberOf(command, "spec");
    m_spec = std::move(spec);
    m_seed = valueOr(command, "seed", std::uint64_t{0});
    setThreads(m_spec.model.threads);
    SKD_TRY(ModelOutline outline, outlineOf(m_spec.model.path, &m_paths));
    m_model = {};
    m_model.tokenizer = std::move(outline.tokenizer);
    m_model.decoder.config = std::move(outline.config);
    SKD_TRY(m_scorer, Scorer::create(m_spec.eval, m_model, m_scores));
    m_corpus.reset();
    return {};
}

/// Its first samples, where a budget leaves some over.
Status Follower::openCorpus(std::int64_t samples) {
    if (!m_corpus || m_corpus->samples() < samples) {
        SKD_TRY(const std::filesystem::path resources, resourceFolder());
        SKD_TRY(m_corpus, buildRunCorpus(m_spec, m_seed, *m_model.tokenizer, resources,
                                         {.heldOutTokens = m_spec.eval.domainTokens}));
    }
    if (samples < m_corpus->samples()) m_corpus = m_corpus->first(samples);
    return {};
}

Status Follower::train(const Json& command) {
    SKD_CHECK(prepare(command));
    SKD_CHECK(openCorpus(valueOr(command, "samples", std::int64_t{0})));
    SKD_TRY(const RunSpec trained, parseRunSpec(memberOf(command, "trained")));
    SKD_TRY(const at::Device where, device());
    SKD_TRY(Decoder student, shareModel({}, where, m_devices));
    const Json offer = memberOf(command, "teacher");
    const TeacherNeed need = teacherNeed(trained.distill);
    FollowedTeacher teacher;
    teacher.key = valueOr(offer, "name", "");
    if (need == TeacherNeed::Cache) {
        SKD_TRY(const TeacherCacheKey key, keyFrom(memberOf(offer, "key"), m_spec.distill, m_seed));
        SKD_CHECK(teacher.openCache(offer, key, *m_corpus, m_devices));
    } else if (need == TeacherNeed::Online) {
        SKD_TRY(teacher.decoder, shareModel({}, where, m_devices));
    }
    const RunContext together = context();
    DistillEnvironment environment;
    environment.evaluate = [&](const Decoder& model, std::int64_t) {
        return m_scorer->live(model, together);
    };
    environment.specSha256 = valueOr(command, "identity", "");
    environment.firstStep = valueOr(command, "first_step", std::int64_t{0});
    environment.round = valueOr(command, "round", std::int64_t{0});
    environment.ruledRate = valueOr(command, "ruled_rate", kDefaultLearningRate);
    return distill(student, *m_corpus, teacher.signal(need), trained.distill, environment, together)
        .map([](const DistillReport&) {});
}

Status Follower::cache(const Json& command) {
    SKD_CHECK(prepare(command));
    SKD_CHECK(openCorpus(valueOr(command, "samples", std::int64_t{0})));
    SKD_TRY(const TeacherCacheKey key, keyFrom(memberOf(command, "key"), m_spec.distill, m_seed));
    SKD_TRY(const at::Device where, device());
    SKD_TRY(const Decoder teacher, shareModel({}, where, m_devices));
    return makeTeacherShare(teacher, *m_corpus, key, context());
}

Status Follower::score(const Json& command) {
    SKD_CHECK(prepare(command));
    SKD_TRY(const at::Device where, device());
    SKD_TRY(const Decoder model, shareModel({}, where, m_devices));
    return m_scorer->evaluate(model, valueOr(command, "live", false), context())
        .map([](const EvalReport&) {});
}

}  // namespace skd
