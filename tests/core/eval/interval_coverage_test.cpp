#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"
#include "eval/text_blocks.h"

namespace skd::test {
namespace {

constexpr std::int64_t kContext = 512;
constexpr int kTexts = 400;
/// Of twenty first seeds the one with the most usual shares: over their 8,000 texts the intervals
/// cover 94.2 to 94.6 of 100, and 400 texts stray from that by 1.1.
constexpr std::uint64_t kFirstSeed = 17000;

/// Losses of a simulated text under a model, and what another model loses against it.
struct SimulatedText {
    std::vector<double> losses, differences;
};

/// Means of what makes a token hard, exponential as losses are, and of the other two.
constexpr double kHardness = 3, kOffset = 0.6, kLost = 0.3;

/// First-order autoregressive, variance 1: what the document does to a stretch of text. Fades over
/// `memory` tokens. Its innovations are sums of two uniforms, near enough to normal for what is
/// summed over many tokens.
class DocumentEffect {
public:
    DocumentEffect(CounterRandom random, double memory)
        : m_random(random), m_keep(std::exp(-1 / memory)), m_now(innovation()) {}
    double next() {
        m_now = m_keep * m_now + std::sqrt(1 - m_keep * m_keep) * innovation();
        return m_now;
    }

private:
    double innovation() {
        const double first = m_random.uniform(m_drawn++), second = m_random.uniform(m_drawn++);
        return (first + second - 1) * std::sqrt(6.0);
    }
    CounterRandom m_random;
    double m_keep;
    std::uint64_t m_drawn = 0;
    double m_now;
};

SimulatedText simulate(std::int64_t tokens, std::uint64_t seed) {
    const CounterRandom hard(seed, 1), noise(seed, 2);
    DocumentEffect subject({seed, 3}, 40), damage({seed, 4}, 40);
    SimulatedText text;
    for (std::int64_t i = 0; i < tokens; ++i) {
        const auto token = static_cast<std::uint64_t>(i);
        text.losses.push_back(kOffset - kHardness * std::log(1 - hard.uniform(token)) +
                              subject.next());
        text.differences.push_back(kLost + 0.2 * damage.next() + 2 * (noise.uniform(token) - 0.5));
    }
    return text;
}

/// A window knows nothing of what came before it: its first tokens cost more.
double costOfPosition(std::int64_t position) {
    return 1.5 * std::exp(-static_cast<double>(position) / 30);
}

/// Intervals that contain the true mean, of the mean loss and of the paired difference, by blocks;
/// and of the mean loss by windows as independent clusters, as was done once.
struct Coverage {
    double mean = 0, difference = 0, byWindows = 0;
    std::size_t windows = 0;
};

struct Sums {
    double loss = 0, difference = 0, expected = 0, tokens = 0;
};

bool covers(const RatioError& error, double estimate, double truth) {
    return std::fabs(estimate - truth) < error.halfWidth();
}

class Simulation {
public:
    Simulation(std::int64_t tokens, std::int64_t stride) : m_tokens(tokens) {
        m_settings = {.protocol = Protocol::Paper512, .context = kContext, .stride = stride};
        m_text.ids.resize(static_cast<std::size_t>(tokens));
        m_windows = cutWindows(m_text, m_settings).value();
        for (std::int64_t i = 0; i < kContext; ++i) m_cost.push_back(costOfPosition(i));
    }

    Coverage run() {
        Coverage found{.windows = m_windows.size()};
        for (int i = 0; i < kTexts; ++i)
            judge(simulate(m_tokens, kFirstSeed + static_cast<std::uint64_t>(i)), found);
        for (double* share : {&found.mean, &found.difference, &found.byWindows}) *share /= kTexts;
        return found;
    }

private:
    void judge(const SimulatedText& text, Coverage& found) const {
        const TextBlocks cut(m_text, m_windows, m_settings);
        BlockLosses losses(cut), differences(cut);
        std::vector<Cluster> clusters;
        Sums all;
        for (const Window& window : m_windows) {
            std::vector<double> loss, difference;
            Cluster& cluster = clusters.emplace_back();
            for (std::int64_t i = window.firstScored; i < window.length; ++i) {
                const auto token = static_cast<std::size_t>(window.begin + i);
                loss.push_back(text.losses[token] + m_cost[static_cast<std::size_t>(i)]);
                difference.push_back(text.differences[token]);
                cluster.value += loss.back();
                cluster.weight += 1;
                all.difference += difference.back();
                all.expected += kOffset + kHardness + m_cost[static_cast<std::size_t>(i)];
            }
            const std::vector<std::int64_t> tokens = scoredTokens(m_text, window);
            losses.add(window, tokens, loss);
            differences.add(window, tokens, difference);
            all.loss += cluster.value;
            all.tokens += cluster.weight;
        }
        const double mean = all.loss / all.tokens, truth = all.expected / all.tokens;
        found.mean += covers(losses.sums({}, m_text).error(), mean, truth);
        found.difference +=
            covers(differences.sums({}, m_text).error(), all.difference / all.tokens, kLost);
        found.byWindows += covers(ratioError(clusters), mean, truth);
    }

    std::int64_t m_tokens;
    EvalSettings m_settings;
    EvalText m_text;
    std::vector<Window> m_windows;
    std::vector<double> m_cost;
};

struct Case {
    std::int64_t tokens, stride;
    std::size_t windows;
};

class IntervalCoverage : public testing::TestWithParam<Case> {};

/// Of 400 texts whose true mean is known, 95 % intervals contain it in about 95 of 100, however
/// often the windows read a token.
TEST_P(IntervalCoverage, IsWhatItSays) {
    const Case& given = GetParam();
    const Coverage found = Simulation(given.tokens, given.stride).run();
    EXPECT_EQ(found.windows, given.windows);
    EXPECT_GE(found.mean, 0.93);
    EXPECT_LE(found.mean, 0.99);
    EXPECT_GE(found.difference, 0.93);
    EXPECT_LE(found.difference, 0.99);
    if (given.stride < kContext) {
        EXPECT_LT(found.byWindows, 0.88) << "windows that overlap are not independent";
    }
}

INSTANTIATE_TEST_SUITE_P(Strides, IntervalCoverage,
                         testing::Values(Case{8192, 512, 16}, Case{8192, 256, 31},
                                         Case{8192, 128, 61}, Case{15616, 256, 60}));

}  // namespace
}  // namespace skd::test
