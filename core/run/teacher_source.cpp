#include "run/teacher_source.h"

#include "base/hash.h"
#include "base/text.h"
#include "model/vocabulary.h"
#include "run/stage_scope.h"
#include "run/team/joint_stages.h"
#include "run/world.h"
#include "spec/study_spec.h"

namespace skd {
namespace {

Status checkBelongs(const RunWork& work, const Tokenizer& tokenizer, std::int64_t vocabulary) {
    const std::string& path = work.spec.teacher.path;
    if (tokenizer.sha256() != work.model.tokenizer->sha256())
        return fail(
            ErrorCode::InvalidInput,
            strCat(
                "the teacher ", path, " has another tokeniser than ", work.spec.model.path,
                "; distillation compares probabilities of the same tokens, so both must share it"));
    const DistillSpec& distill = work.spec.distill;
    const std::int64_t wanted = work.model.summary.vocabularySize;
    if (vocabulary < wanted && teacherNeed(distill) == TeacherNeed::Online)
        return fail(ErrorCode::InvalidInput,
                    strCat("the teacher ", path, " has ", vocabulary,
                           " embedding rows, the student ", wanted,
                           ", which the online loss compares row by row; choose another "
                           "\"distill.loss\""));
    const std::int64_t common = std::min(vocabulary, wanted);
    if (teacherNeed(distill) == TeacherNeed::Cache && distill.loss != KdLoss::Sampled &&
        distill.topK > common)
        return fail(ErrorCode::InvalidInput,
                    strCat("\"distill.top_k\" is ", distill.topK, ", but teacher and student have ",
                           common, " tokens in common"));
    return {};
}

/// One that is not there is made by all processes of the run.
Result<TeacherCache> buildCache(RunWork& work, const Decoder& teacher, const TeacherCacheKey& key,
                                const std::filesystem::path& folder) {
    const Corpus& corpus = work.trainingCorpus();
    std::error_code ignored;
    if (work.team == nullptr || std::filesystem::exists(folder / "manifest.json", ignored))
        return buildTeacherCache(teacher, corpus, key, folder, work.context);
    SKD_CHECK(callToCache(work, teacher, key));
    JointStage stage(work.context, work.team);
    SKD_TRY(TeacherCache cache, buildTeacherCache(teacher, corpus, key, folder, stage.context()));
    stage.finish();
    return cache;
}

}  // namespace

Status TeacherSource::check(const RunWork& work) {
    const std::string& path = work.spec.teacher.path;
    if (path.empty())
        return checkBelongs(work, *work.model.tokenizer, work.model.summary.vocabularySize);
    SKD_TRY(const ModelOutline teacher, outlineOf(path, &work.paths));
    return checkBelongs(work, *teacher.tokenizer, teacher.config.vocabularySize);
}

Result<TeacherSource> TeacherSource::open(RunWork& work) {
    TeacherSource source;
    const std::string& path = work.spec.teacher.path;
    if (path.empty()) {
        source.m_model = {work.model.decoder, work.model.summary.weightsSha256};
        source.m_key = work.model.identity.key();
        source.m_record = TeacherSummary{"self", work.spec.model.path, {}, {}};
        return source;
    }
    ModelRef ref = work.spec.model;
    ref.path = path;
    StageScope stage(work.context, Stage::Load, strCat("load the teacher ", path));
    SKD_TRY(OpenModel teacher, openModel(ref, &work.paths));
    SKD_CHECK(checkBelongs(work, *teacher.tokenizer, teacher.summary.vocabularySize));
    if (work.model.identity.config.empty()) teacher.identity.config.clear();
    SKD_CHECK(keepParts(work.state, partsOf("the teacher", teacher.identity)));
    stage.finish({{"parameters", teacher.summary.totalParameters}});
    TeacherSummary& record = source.m_record.emplace(TeacherSummary{"model", path, {}, {}});
    if (!teacher.about.is_null()) {
        record.kind = "run";
        readMember(valueAt(teacher.about, "run"), record.run);
    }
    source.m_model = {std::move(teacher.decoder), teacher.summary.weightsSha256};
    source.m_key = teacher.identity.key();
    SKD_TRY(const Score score, work.measure(source.m_model.decoder,
                                            {"teacher_score", "ppl.teacher",
                                             "perplexity of the teacher", 0, false, source.m_key}));
    if (!work.stopped) record.ppl = valueOrNan(score.ppl);
    if (teacher.summary.vocabularySize > work.model.summary.vocabularySize)
        source.cutTo(work.model.summary.vocabularySize);
    return source;
}

void TeacherSource::cutTo(std::int64_t tokens) {
    m_model.decoder = withVocabulary(std::move(m_model.decoder), tokens);
    m_key = sha256Hex(strCat(m_key, " over ", tokens, " tokens"));
}

Status TeacherSource::prepare(RunWork& work) {
    const TeacherNeed need = teacherNeed(work.spec.distill);
    if (work.isStopped() || m_prepared || need == TeacherNeed::Online) return {};
    if (need == TeacherNeed::None) {
        m_model.decoder = Decoder();
        return {};
    }
    StageScope stage(work.context, Stage::Teacher, "teacher's probabilities");
    const Corpus& corpus = work.trainingCorpus();
    TeacherCacheKey key{m_key, m_model.decoder.dtypeName(), work.model.summary.tokenizerSha256,
                        corpus.sha256()};
    key.choose(work.spec.distill, work.context.seed);
    const std::string name = sha256Hex(dumpJson(toJson(key))).substr(0, 32);
    m_cacheKey = key;
    m_cacheFolder = work.paths.teacher() / name;
    SKD_TRY(m_cache, buildCache(work, m_model.decoder, key, m_cacheFolder));
    if (m_cache.empty()) return work.stop();
    m_model.decoder = Decoder();
    m_prepared = true;
    const std::int64_t bytes = teacherCacheBytes(corpus, key.entries());
    const double perToken = static_cast<double>(bytes) / static_cast<double>(corpus.tokens());
    work.summary.teacherSha256 = m_cache.sha256();
    work.summary.teacherBytesPerToken = perToken;
    work.context.log(log::Level::Info,
                     strCat("the teacher's probabilities take ", formatNumber(perToken, 4),
                            " bytes a token, ", formatBytes(static_cast<double>(bytes))));
    stage.finish({{"samples", m_cache.samples()},
                  {"mean_coverage", m_cache.meanCoverage()},
                  {"bytes", bytes},
                  {"sha256", m_cache.sha256()}});
    work.chargeCached(Stage::Teacher, name, stage.seconds());
    return {};
}

TeacherSignal TeacherSource::signal(const DistillSpec& spec) const {
    switch (teacherNeed(spec)) {
        case TeacherNeed::Cache:
            return TeacherSignal(m_cache);
        case TeacherNeed::Online:
            return {m_model.decoder, m_key};
        case TeacherNeed::None:
            break;
    }
    return {};
}

void TeacherSource::replace(HashedModel model, std::string key, std::size_t round) {
    m_model = std::move(model);
    m_key = std::move(key);
    m_prepared = false;
    m_record = TeacherSummary{"round", strCat("round ", round), {}, {}};
}

}  // namespace skd
