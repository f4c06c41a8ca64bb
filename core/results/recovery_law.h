#pragma once

#include <cstddef>
#include <optional>
#include <vector>

/// How held-out perplexity falls with the tokens trained on, and what more of them would do
/// (resources/help/method.md, Tokens to a perplexity).
namespace skd {

struct RecoveryPoint {
    double tokens = 0, perplexity = 0;
};

/// ppl(t) = a + b t^-c with a >= 1 the perplexity that no number of tokens goes below, b > 0 and
/// 0.01 <= c <= 3.
struct RecoveryLaw {
    double a = 1, b = 0, c = 1;
    /// Residual standard deviation of log perplexity, outliers discounted
    double noise = 0;
    std::size_t points = 0;  ///< that it was fitted to

    [[nodiscard]] double perplexityAt(double tokens) const;
    /// Infinity where `perplexity` is not above a.
    [[nodiscard]] double tokensTo(double perplexity) const;
};

/// Tokens that a perplexity takes, with the range that the scatter of the points leaves open (it
/// holds the truth about nine times in ten): high is infinite where some of the laws in it never
/// reach the perplexity, tokens where the best one does not ("not reached").
struct TokenForecast {
    double tokens = 0, low = 0, high = 0;
    [[nodiscard]] bool isReached() const;
};

/// The laws that fit a curve: for each of a grid of a the weighted least-squares line of log(ppl -
/// a) over log t, weights ((ppl - a) / ppl)^2 as the error of log ppl is what is alike, three times
/// over with Huber weights (1964, k = 2.5) against outliers. The best has the least squares of
/// log ppl.
class RecoveryFit {
public:
    /// Points without positive tokens or a finite perplexity above 1 do not count. Nothing of fewer
    /// than five distinct numbers of tokens, or of a curve that does not fall.
    static std::optional<RecoveryFit> of(const std::vector<RecoveryPoint>& curve);

    [[nodiscard]] const RecoveryLaw& law() const { return m_candidates[m_best].law; }
    /// The range: laws of the grid whose squares are within 1 + q^2 / (points - 3) of the best
    /// one's (profile of a), each with q standard errors of its line; q of Student's t.
    [[nodiscard]] TokenForecast tokensTo(double perplexity) const;

private:
    struct Candidate {
        RecoveryLaw law;
        double squares = 0;  ///< weighted, of log perplexity
        // Of the line: standard error of its height at the mean, of its slope; that mean of log t.
        double heightError = 0, slopeError = 0, middle = 0;
    };
    struct Weighted {
        double logTokens = 0, perplexity = 0, weight = 1;
    };
    static std::optional<Candidate> lineFor(double a, const std::vector<Weighted>& points);
    static std::vector<Candidate> search(const std::vector<Weighted>& points, std::size_t& best);
    static void discountOutliers(const RecoveryLaw& law, std::vector<Weighted>& points);

    std::vector<Candidate> m_candidates;
    std::size_t m_best = 0;
};

}  // namespace skd
