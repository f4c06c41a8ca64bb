#include "distill/elastic/elastic_sizes.h"

#include <algorithm>

#include "base/members.h"
#include "base/text.h"

namespace skd {

MatrixRanks namedRanks(const NestedPath& path, const std::vector<std::int64_t>& ranks) {
    MatrixRanks named;
    for (std::size_t i = 0; i < ranks.size(); ++i) named[path.matrices()[i].name] = ranks[i];
    return named;
}

Status useSize(Decoder& model, const NestedPath& path, double removed) {
    return setRanks(model, namedRanks(path, path.ranksAt(path.prefixAt(removed))));
}

ElasticSizes::ElasticSizes(ElasticTraining training)
    : m_training(std::move(training)),
      m_draws(m_training.path, m_training.rule),
      m_weights(m_training.weights) {
    begin(0);
}

void ElasticSizes::begin(std::int64_t step) {
    m_step = step;
    m_slots.clear();
    for (std::int64_t slot = 0; slot < m_training.rule.slots; ++slot)
        m_slots.push_back(m_draws.at(step, slot));
}

std::size_t ElasticSizes::alike(std::size_t first, std::size_t slots) const {
    std::size_t count = 1;
    while (count < slots && at(first + count).ranks == at(first).ranks &&
           weight(first + count) == weight(first))
        ++count;
    return count;
}

Status ElasticSizes::use(Decoder& student, std::size_t slot) const {
    return setRanks(student, namedRanks(m_training.path, at(slot).ranks));
}

Status ElasticSizes::useNode(Decoder& student, double removed) const {
    return useSize(student, m_training.path, removed);
}

Status ElasticSizes::useLargest(Decoder& student) const {
    return useSize(student, m_training.path, m_training.path.largest());
}

void ElasticSizes::learn(const std::vector<SizedLoss>& losses) {
    for (const SizedLoss& loss : losses)
        for (std::size_t i = 0; i < loss.samples && loss.tokens > 0; ++i)
            m_weights.add(at(loss.slot + i).size, loss.kl);
    m_weights.endStep();
}

Json ElasticSizes::toJson() const {
    return {{"path_sha256", m_training.path.sha256()}, {"weights", m_weights.toJson()}};
}

Status ElasticSizes::restore(const Json& json) {
    std::string sha256;
    SKD_CHECK(located(takeMember(json, "path_sha256", sha256), "sizes of an elastic student"));
    if (sha256 != m_training.path.sha256())
        return fail(ErrorCode::InvalidInput,
                    strCat("it was trained along the path of sizes with the SHA-256 ", sha256,
                           ", this run's path has ", m_training.path.sha256(),
                           "; delete the folder to start again"));
    Json weights;
    SKD_CHECK(located(takeMember(json, "weights", weights), "sizes of an elastic student"));
    SKD_TRY(SizeWeights restored, SizeWeights::fromJson(weights));
    m_weights = std::move(restored);
    return {};
}

}  // namespace skd
