#include "distill/teacher_block.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/hash.h"

namespace skd {
namespace {

constexpr std::string_view kMagic = "SKDTCH01";
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kGrid = kTemperatureGrid.size();
/// Sums of 256 rounded probabilities may pass 1 by this much.
constexpr float kMassTolerance = 1e-3f;

template <class T>
T readAt(const std::byte* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof(T));
    return value;
}

template <class T>
void appendValue(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

template <class T>
void appendPadded(std::string& out, std::span<const T> values, std::size_t count) {
    out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    out.append((count - values.size()) * sizeof(T), '\0');
}

std::string header(const TeacherBlockShape& shape, std::int64_t firstSample, std::int64_t samples) {
    std::string bytes(kMagic);
    appendValue(bytes, shape.keyHash);
    appendValue(bytes, firstSample);
    appendValue(bytes, samples);
    bytes.resize(kHeaderBytes, '\0');
    return bytes;
}

/// The first normaliser is what the entries leave of a mass of 1.
bool isRemainder(float remainder, float mass) {
    return mass <= 1.0f + kMassTolerance && remainder >= -kMassTolerance &&
           std::fabs(mass + remainder - 1.0f) <= 2 * kMassTolerance;
}

/// The shares of draws sum to 1; the normalisers are a mass and a negative entropy.
bool isDraw(std::span<const float> normalisers, float mass, std::int64_t vocabulary) {
    const float lowest = -std::log(static_cast<float>(vocabulary));
    return std::fabs(mass - 1.0f) <= kMassTolerance && normalisers[0] >= -kMassTolerance &&
           normalisers[0] <= 1.0f && normalisers[1] <= kMassTolerance &&
           normalisers[1] >= lowest * (1 + kMassTolerance);
}

/// One row: its ids inside the vocabulary, its probabilities sorted and of a mass up to 1.
TeacherFault checkRow(std::span<const std::int32_t> ids, std::span<const float> logP,
                      std::span<const float> normalisers, const TeacherBlockShape& shape) {
    float mass = 0;
    for (std::size_t j = 0; j < ids.size(); ++j) {
        if (ids[j] < 0 || ids[j] >= shape.vocabulary) return TeacherFault::IdRange;
        if (j > 0 && logP[j] > logP[j - 1]) return TeacherFault::Unsorted;
        mass += std::exp(logP[j]);
    }
    for (const float value : normalisers)
        if (!std::isfinite(value)) return TeacherFault::NotFinite;
    const bool sound = shape.rounds > 0 ? isDraw(normalisers, mass, shape.vocabulary)
                                        : isRemainder(normalisers[0], mass);
    return sound ? TeacherFault::None : TeacherFault::Mass;
}

/// Among the entries that hold something: a row of draws ends in zeros.
bool repeatsAnId(std::span<const std::int32_t> ids, std::span<const float> logP,
                 std::vector<std::int32_t>& buffer) {
    std::size_t used = ids.size();
    while (used > 0 && std::isinf(logP[used - 1])) --used;
    buffer.assign(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(used));
    std::sort(buffer.begin(), buffer.end());
    return std::adjacent_find(buffer.begin(), buffer.end()) != buffer.end();
}

}  // namespace

std::uint64_t TeacherSampleView::sampleHash() const {
    return readAt<std::uint64_t>(m_bytes);
}
std::uint32_t TeacherSampleView::rows() const {
    return readAt<std::uint32_t>(m_bytes + 8);
}
std::uint64_t TeacherSampleView::contentHash() const {
    return xxh3(m_bytes + 16, m_shape.sampleBytes() - 16);
}

std::vector<float> TeacherSampleView::masses() const {
    std::vector<float> masses;
    for (std::size_t row = 0; row < rows(); ++row)
        masses.push_back(
            1.0f - readAt<float>(m_bytes + m_shape.normalisers() + row * kGrid * sizeof(float)));
    return masses;
}

void TeacherSampleView::read(std::int32_t* ids, float* logProbabilities, float* normalisers) const {
    const std::size_t rowCount = rows(), entries = rowCount * static_cast<std::size_t>(m_shape.k);
    if (rowCount == 0) return;  // the callers' buffers may be null then
    const std::byte* codes = m_bytes + 16 + m_shape.entries() * 4;
    std::memcpy(ids, m_bytes + 16, entries * sizeof(std::int32_t));
    const auto rounds = static_cast<float>(m_shape.rounds);
    for (std::size_t i = 0; i < entries; ++i) {
        const auto code = readAt<std::uint16_t>(codes + 2 * i);
        logProbabilities[i] = m_shape.rounds > 0 ? std::log(static_cast<float>(code) / rounds)
                                                 : decodeLogProbability(code);
    }
    std::memcpy(normalisers, m_bytes + m_shape.normalisers(), rowCount * kGrid * sizeof(float));
}

TeacherFault checkTeacherSample(const TeacherSampleView& view, const TeacherBlockShape& shape,
                                std::uint64_t expectedHash, std::int64_t expectedRows) {
    if (view.sampleHash() == 0 && view.rows() == 0) return TeacherFault::Empty;
    if (view.sampleHash() != expectedHash || static_cast<std::int64_t>(view.rows()) != expectedRows)
        return TeacherFault::Foreign;
    const std::size_t k = static_cast<std::size_t>(shape.k), rows = view.rows();
    std::vector<std::int32_t> ids(rows * k), buffer;
    std::vector<float> logP(rows * k), normalisers(rows * kGrid);
    view.read(ids.data(), logP.data(), normalisers.data());
    for (std::size_t row = 0; row < rows; ++row) {
        const std::span<const std::int32_t> rowIds(ids.data() + row * k, k);
        const std::span<const float> rowLogP(logP.data() + row * k, k);
        const TeacherFault fault =
            checkRow(rowIds, rowLogP, {normalisers.data() + row * kGrid, kGrid}, shape);
        if (fault != TeacherFault::None) return fault;
        if (repeatsAnId(rowIds, rowLogP, buffer)) return TeacherFault::IdRange;
    }
    return TeacherFault::None;
}

TeacherBlockWriter::TeacherBlockWriter(const TeacherBlockShape& shape, std::int64_t firstSample,
                                       std::int64_t samples)
    : m_shape(shape), m_bytes(header(shape, firstSample, samples)) {
    m_bytes.reserve(shape.blockBytes(samples));
}

std::vector<float> TeacherBlockWriter::add(const TeacherSampleRows& rows) {
    const auto k = static_cast<std::size_t>(m_shape.k);
    std::vector<std::uint16_t> codes(rows.ids.size());
    std::vector<float> normalisers(rows.logZ.begin(), rows.logZ.end());
    for (std::size_t row = 0; row < rows.ids.size() / k; ++row) {
        double exact = 0;
        for (std::size_t j = row * k; j < (row + 1) * k; ++j) {
            codes[j] = encodeLogProbability(rows.logProbabilities[j]);
            exact += std::exp(static_cast<double>(rows.logProbabilities[j]));
        }
        normalisers[row * kGrid] = static_cast<float>(std::max(1.0 - exact, 0.0));
    }
    return append(rows.sampleHash, rows.ids, codes, normalisers);
}

std::vector<float> TeacherBlockWriter::add(const DrawnSampleRows& rows) {
    std::vector<float> normalisers(rows.masses.size() * kGrid);
    for (std::size_t row = 0; row < rows.masses.size(); ++row) {
        normalisers[row * kGrid] = std::max(1.0f - rows.masses[row], 0.0f);
        normalisers[row * kGrid + 1] = rows.negativeEntropies[row];
    }
    return append(rows.sampleHash, rows.ids, {rows.counts.begin(), rows.counts.end()}, normalisers);
}

std::vector<float> TeacherBlockWriter::append(std::uint64_t sampleHash,
                                              std::span<const std::int32_t> ids,
                                              const std::vector<std::uint16_t>& codes,
                                              const std::vector<float>& normalisers) {
    const std::size_t begin = m_bytes.size();
    appendValue(m_bytes, sampleHash);
    appendValue(m_bytes, static_cast<std::uint32_t>(normalisers.size() / kGrid));
    appendValue(m_bytes, std::uint32_t{0});
    appendPadded(m_bytes, ids, m_shape.entries());
    appendPadded<std::uint16_t>(m_bytes, codes, m_shape.entries());
    appendPadded<float>(m_bytes, normalisers, static_cast<std::size_t>(m_shape.rows) * kGrid);
    return TeacherSampleView(reinterpret_cast<const std::byte*>(m_bytes.data()) + begin, m_shape)
        .masses();
}

std::vector<float> TeacherBlockWriter::add(const TeacherSampleView& sample) {
    std::vector<float> masses = sample.masses();
    m_bytes += sample.text();
    return masses;
}

TeacherSampleView TeacherBlockWriter::sample(std::int64_t index) const {
    return sampleOfBlock(reinterpret_cast<const std::byte*>(m_bytes.data()), index, m_shape);
}

std::string TeacherBlockWriter::finish() {
    appendValue(m_bytes, xxh3(m_bytes.data(), m_bytes.size()));
    return std::move(m_bytes);
}

bool isTeacherBlock(std::span<const std::byte> bytes, const TeacherBlockShape& shape,
                    std::int64_t firstSample, std::int64_t samples) {
    if (bytes.size() != shape.blockBytes(samples)) return false;
    const std::string expected = header(shape, firstSample, samples);
    if (std::memcmp(bytes.data(), expected.data(), expected.size()) != 0) return false;
    const std::size_t payload = bytes.size() - sizeof(std::uint64_t);
    return readAt<std::uint64_t>(bytes.data() + payload) == xxh3(bytes.data(), payload);
}

}  // namespace skd
