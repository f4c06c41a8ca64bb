#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "kernels/top_k_kernels.h"

/// Layout of a block of the teacher cache, little-endian:
///   header, 64 bytes: "SKDTCH01" | u64 key hash | u64 first sample | u64 samples | zeros
///   per sample:       u64 XXH3 of its input ids | u32 rows | u32 zero
///                     | ids u32 [R, k] | codes u16 [R, k] | normalisers f32 [R, 4]   (R = length -
///                     1)
///   trailer:          u64 XXH3 of everything before it
/// Rows beyond a padded sample's end are zero. Six bytes per entry and 16 per token.
/// Codes are those of log-probabilities at T = 1; normalisers the mass outside the entries at
/// T = 1, then log Z at 1.5, 2 and 3. Where tokens were drawn, codes are counts, and normalisers
/// the mass outside the drawn tokens and sum p log p, both at the draws' temperature, then zeros.
namespace skd {

/// A probability as 16 bits: -log p = kLargestSurprise * (code / 65535)^2. Unlike f16 it is fine
/// where p is near 1 (1e-5 at 0.99), relative elsewhere (7e-4 at worst), and reaches down to e^-48,
/// which matters at T > 1.
constexpr float kLargestSurprise = 48.0f;
inline std::uint16_t encodeLogProbability(float logP) {
    const float surprise = std::fmin(std::fmax(-logP, 0.0f), kLargestSurprise);
    return static_cast<std::uint16_t>(
        std::lround(65535.0f * std::sqrt(surprise / kLargestSurprise)));
}
inline float decodeLogProbability(std::uint16_t code) {
    const float share = static_cast<float>(code) * (1.0f / 65535.0f);
    return -kLargestSurprise * share * share;
}

struct TeacherBlockShape {
    std::int64_t rows = 0;  ///< positions of a sample that predict a token
    std::int64_t k = 0;
    std::int64_t vocabulary = 0;
    std::int64_t rounds = 0;    ///< draws per position; 0 where the k largest are kept
    std::uint64_t keyHash = 0;  ///< of the cache that the block belongs to

    [[nodiscard]] std::size_t entries() const { return static_cast<std::size_t>(rows * k); }
    /// Where in a sample its normalisers begin.
    [[nodiscard]] std::size_t normalisers() const { return 16 + entries() * 6; }
    [[nodiscard]] std::size_t sampleBytes() const {
        return normalisers() +
               static_cast<std::size_t>(rows) * kTemperatureGrid.size() * sizeof(float);
    }
    /// Where in a block sample `index` (from 0) begins.
    [[nodiscard]] std::size_t sampleBegin(std::int64_t index) const {
        return 64 + static_cast<std::size_t>(index) * sampleBytes();
    }
    [[nodiscard]] std::size_t blockBytes(std::int64_t samples) const {
        return sampleBegin(samples) + sizeof(std::uint64_t);
    }
};

/// One sample's rows inside a block's bytes (unaligned).
class TeacherSampleView {
public:
    TeacherSampleView(const std::byte* bytes, const TeacherBlockShape& shape)
        : m_bytes(bytes), m_shape(shape) {}

    [[nodiscard]] std::uint64_t sampleHash() const;
    [[nodiscard]] std::uint32_t rows() const;  ///< that hold something
    [[nodiscard]] std::uint64_t contentHash() const;
    /// All of its bytes.
    [[nodiscard]] std::string_view text() const {
        return {reinterpret_cast<const char*>(m_bytes), m_shape.sampleBytes()};
    }
    /// Sums of its rows' probabilities (at T = 1, of draws at theirs) as they are stored.
    [[nodiscard]] std::vector<float> masses() const;
    /// Copies `rows()` rows out: ids, log-probabilities (of draws log(count / rounds), -inf where
    /// there is none), and kTemperatureGrid.size() normalisers
    /// each; the first normaliser of a row is the mass outside its entries.
    void read(std::int32_t* ids, float* logProbabilities, float* normalisers) const;

private:
    const std::byte* m_bytes;
    TeacherBlockShape m_shape;
};

/// Sample `index` (from 0) of a block's bytes.
inline TeacherSampleView sampleOfBlock(const std::byte* block, std::int64_t index,
                                       const TeacherBlockShape& shape) {
    return {block + shape.sampleBegin(index), shape};
}

/// What is wrong with a sample; None when nothing is.
enum class TeacherFault {
    None,
    Block,
    Empty,
    Foreign,
    Duplicate,
    IdRange,
    Unsorted,
    Mass,
    NotFinite
};
template <>
inline constexpr auto kNames<TeacherFault> = names<TeacherFault>({
    {TeacherFault::None, "sound"},
    {TeacherFault::Block, "in a block that is missing, cut short or damaged"},
    {TeacherFault::Empty, "empty (zero-filled, as of a sparse file)"},
    {TeacherFault::Foreign, "of another corpus"},
    {TeacherFault::Duplicate, "a copy of another sample's probabilities"},
    {TeacherFault::IdRange, "with a token id outside the vocabulary"},
    {TeacherFault::Unsorted, "with probabilities that are not sorted"},
    {TeacherFault::Mass, "with probabilities that do not sum to 1 with their remainder"},
    {TeacherFault::NotFinite, "with values that are not finite"},
});
constexpr std::size_t kTeacherFaults = kNames<TeacherFault>.size();

/// Looks at every entry of a sample; `expectedHash` is that of the corpus's ids.
TeacherFault checkTeacherSample(const TeacherSampleView& view, const TeacherBlockShape& shape,
                                std::uint64_t expectedHash, std::int64_t expectedRows);

/// Rows of one sample as they come from the teacher.
struct TeacherSampleRows {
    std::uint64_t sampleHash = 0;
    std::span<const std::int32_t> ids;
    std::span<const float> logProbabilities, logZ;  ///< [rows, k] and [rows, 4]
};

/// The same where tokens were drawn.
struct DrawnSampleRows {
    std::uint64_t sampleHash = 0;
    std::span<const std::int32_t> ids, counts;         ///< [rows, rounds]
    std::span<const float> negativeEntropies, masses;  ///< [rows]
};

/// Puts a block together in memory.
class TeacherBlockWriter {
public:
    TeacherBlockWriter(const TeacherBlockShape& shape, std::int64_t firstSample,
                       std::int64_t samples);
    /// Appends the next sample; returns its masses.
    std::vector<float> add(const TeacherSampleRows& rows);
    std::vector<float> add(const DrawnSampleRows& rows);
    /// A copy of another sample's rows, also of one of this writer's.
    std::vector<float> add(const TeacherSampleView& sample);
    /// The sample that was added as number `index` (from 0).
    [[nodiscard]] TeacherSampleView sample(std::int64_t index) const;
    /// The finished block, trailer included.
    [[nodiscard]] std::string finish();

private:
    std::vector<float> append(std::uint64_t sampleHash, std::span<const std::int32_t> ids,
                              const std::vector<std::uint16_t>& codes,
                              const std::vector<float>& normalisers);

    TeacherBlockShape m_shape;
    std::string m_bytes;
};

/// True when `bytes` are a whole block of that shape and place whose trailer is right.
bool isTeacherBlock(std::span<const std::byte> bytes, const TeacherBlockShape& shape,
                    std::int64_t firstSample, std::int64_t samples);

}  // namespace skd
