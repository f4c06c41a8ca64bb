#include "tokenizer/files/sentencepiece_merges.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace skd {
namespace {

constexpr std::size_t kLongestToken = 512;

/// Rank of each token: 0 for the highest score.
std::vector<std::uint32_t> ranksOf(const std::vector<float>& scores) {
    std::vector<float> sorted = scores;
    std::sort(sorted.begin(), sorted.end(), std::greater<>{});
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    std::vector<std::uint32_t> ranks;
    ranks.reserve(scores.size());
    for (const float score : scores) {
        const auto at = std::lower_bound(sorted.begin(), sorted.end(), score, std::greater<>{});
        ranks.push_back(static_cast<std::uint32_t>(at - sorted.begin()));
    }
    return ranks;
}

}  // namespace

Result<MergeTable> mergesFromScores(const TokenTable& tokens, const std::vector<float>& scores,
                                    const std::vector<bool>& mergeable) {
    for (std::size_t id = 0; id < scores.size(); ++id)
        if (std::isnan(scores[id]))
            return fail(ErrorCode::Corrupt, strCat("the score of token ", id, " is not a number"));
    const std::vector<std::uint32_t> ranks = ranksOf(scores);
    MergeTable merges;
    merges.reserve(2 * tokens.count());
    for (TokenId id = 0; id < tokens.idLimit(); ++id) {
        if (!tokens.has(id) || !mergeable[id]) continue;
        const std::string_view text = tokens.text(id);
        if (text.size() > kLongestToken)
            return fail(ErrorCode::Unsupported,
                        strCat("token ", id, " is ", text.size(), " bytes long; at most ",
                               kLongestToken, " are accepted"));
        for (std::size_t cut = 1; cut < text.size(); ++cut) {
            if ((static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) continue;
            const auto left = tokens.find(text.substr(0, cut));
            if (!left || !mergeable[*left]) continue;
            const auto right = tokens.find(text.substr(cut));
            if (right && mergeable[*right]) merges.set(*left, *right, ranks[id], id);
        }
    }
    return merges;
}

}  // namespace skd
