#include "corpus/corpus.h"

#include <algorithm>
#include <numeric>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"

namespace skd {

Corpus::Corpus(std::int64_t sequenceLength, std::vector<TokenId> ids,
               std::vector<std::uint32_t> lengths)
    : m_sequenceLength(sequenceLength), m_ids(std::move(ids)), m_lengths(std::move(lengths)) {
    Sha256 hash;
    hash.update("sparsekd-corpus-1\n").update(&m_sequenceLength, sizeof(m_sequenceLength));
    hash.update(m_ids.data(), m_ids.size() * sizeof(TokenId))
        .update(m_lengths.data(), m_lengths.size() * sizeof(std::uint32_t));
    m_sha256 = hash.hex();
}

std::span<const TokenId> Corpus::sample(std::int64_t index) const {
    const auto length = static_cast<std::size_t>(m_sequenceLength);
    return {m_ids.data() + static_cast<std::size_t>(index) * length, length};
}

Corpus Corpus::first(std::int64_t samples) const {
    if (samples >= this->samples()) return *this;
    Corpus part(m_sequenceLength, {m_ids.begin(), m_ids.begin() + samples * m_sequenceLength},
                {m_lengths.begin(), m_lengths.begin() + samples});
    part.separator = separator;
    part.manifestSha256 = manifestSha256;
    if (!m_leftOut.empty())
        part.leaveOut({m_leftOut.begin(), m_leftOut.begin() + samples * m_sequenceLength});
    return part;
}

bool Corpus::isLearned(std::int64_t index, std::int64_t position) const {
    if (position < 1 || position >= length(index)) return false;
    const auto token = static_cast<std::size_t>(index * m_sequenceLength + position);
    return m_leftOut.empty() || !m_leftOut[token];
}

std::int64_t Corpus::learned(std::int64_t index) const {
    std::int64_t count = std::max<std::int64_t>(0, length(index) - 1);
    if (m_leftOut.empty()) return count;
    const auto row = m_leftOut.begin() + index * m_sequenceLength + 1;
    return count - std::count(row, row + count, true);
}

std::int64_t Corpus::tokens() const {
    return std::accumulate(m_lengths.begin(), m_lengths.end(), std::int64_t{0});
}

std::int64_t Corpus::available() const {
    return std::accumulate(
        shares.begin(), shares.end(), std::int64_t{0},
        [](std::int64_t sum, const auto& share) { return sum + share.available; });
}

std::int64_t Corpus::distinct() const {
    std::int64_t count = samples();
    for (const CorpusShareStatistics& share : shares) count -= share.repeats;
    return count;
}

std::int64_t Corpus::vocabularyNeeded() const {
    return m_ids.empty()
               ? 0
               : static_cast<std::int64_t>(*std::max_element(m_ids.begin(), m_ids.end())) + 1;
}

Json Corpus::toJson() const {
    Json list = Json::array();
    for (const CorpusShareStatistics& share : shares)
        list.push_back({{"name", share.name},
                        {"documents", share.documents},
                        {"duplicates", share.duplicates},
                        {"guarded", share.guarded},
                        {"refused", share.refused},
                        {"held_out", share.heldOut},
                        {"tokens", share.tokens},
                        {"available", share.available},
                        {"samples", share.samples},
                        {"repeats", share.repeats}});
    Json json{{"sha256", m_sha256},     {"samples", samples()},
              {"distinct", distinct()}, {"sequence_length", m_sequenceLength},
              {"tokens", tokens()},     {"separator", separator},
              {"shares", list}};
    if (!manifestSha256.empty()) json["manifest_sha256"] = manifestSha256;
    return json;
}

std::string repeatsText(const Corpus& corpus) {
    std::string text;
    for (const CorpusShareStatistics& share : corpus.shares)
        if (share.repeats > 0)
            appendPart(text, strCat(share.name, " ", groupDigits(share.available), " of ",
                                    groupDigits(share.samples)));
    return text;
}

std::vector<std::int64_t> apportion(std::int64_t total, const std::vector<double>& weights) {
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<std::int64_t> parts(weights.size(), 0);
    if (!(sum > 0)) return parts;
    std::vector<std::pair<double, std::size_t>> remainders;
    std::int64_t given = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const double exact = static_cast<double>(total) * (weights[i] / sum);
        parts[i] = static_cast<std::int64_t>(exact);
        given += parts[i];
        remainders.emplace_back(exact - static_cast<double>(parts[i]), i);
    }
    std::stable_sort(remainders.begin(), remainders.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t i = 0; given < total; i = (i + 1) % remainders.size()) {
        if (weights[remainders[i].second] <= 0) continue;
        ++parts[remainders[i].second];
        ++given;
    }
    return parts;
}

std::vector<std::uint32_t> permutation(std::uint32_t size, std::uint64_t seed,
                                       std::uint64_t stream) {
    std::vector<std::uint32_t> order(size);
    std::iota(order.begin(), order.end(), 0u);
    const CounterRandom random(seed, stream);
    for (std::uint32_t i = size; i > 1; --i) std::swap(order[i - 1], order[random.below(i, i)]);
    return order;
}

}  // namespace skd
