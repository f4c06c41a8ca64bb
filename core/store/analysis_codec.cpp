#include "store/analysis_codec.h"

#include <zlib.h>

#include <bit>
#include <cstring>

#include "base/hash.h"
#include "base/text.h"
#include "spec/json_reader.h"
#include "spec/json_writer.h"

namespace skd {
namespace {

static_assert(std::endian::native == std::endian::little, "spectra are stored little-endian");

std::string blockOf(const ListsBeside& lists) {
    std::string block;
    for (const std::vector<double>* list : lists)
        for (const double value : *list) {
            const auto narrow = static_cast<float>(value);
            block.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
        }
    return block;
}

Result<std::string> deflateBlock(const std::string& block) {
    uLongf size = compressBound(block.size());
    std::string out(size, '\0');
    const int rc = compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                             reinterpret_cast<const Bytef*>(block.data()), block.size(), 6);
    if (rc != Z_OK) return fail(ErrorCode::OutOfMemory, "cannot compress spectra");
    out.resize(size);
    return out;
}

/// `size` is what the document declares; zlib cannot have packed more than 1032 bytes into one.
Result<std::string> inflateBlock(std::string_view packed, std::uint64_t size) {
    const auto mismatch = [] {
        return fail(ErrorCode::Corrupt, "the stored spectra do not fit their description");
    };
    if (size / 1032 > packed.size()) return mismatch();
    std::string block(size, '\0');
    uLongf written = size;
    const int rc = uncompress(reinterpret_cast<Bytef*>(block.data()), &written,
                              reinterpret_cast<const Bytef*>(packed.data()), packed.size());
    if (rc != Z_OK || written != size) return mismatch();
    return block;
}

/// Bytes of all spectra; Corrupt where counts are beyond reason.
Result<std::uint64_t> blockSize(const std::vector<ListBeside>& stored) {
    static constexpr std::int64_t kMostValues = 1 << 28;
    std::int64_t values = 0;
    for (const ListBeside& list : stored) {
        if (list.count > kMostValues || values > kMostValues)
            return fail(ErrorCode::Corrupt, "the stored spectra declare too many values");
        values += list.count;
    }
    return static_cast<std::uint64_t>(values) * sizeof(float);
}

/// The lists out of a block that is as long as they are together.
void fill(const std::vector<ListBeside>& stored, const std::string& block) {
    const char* place = block.data();
    for (const ListBeside& list : stored) {
        list.values->resize(static_cast<std::size_t>(list.count));
        for (double& value : *list.values) {
            float narrow = 0;
            std::memcpy(&narrow, place, sizeof narrow);
            place += sizeof narrow;
            value = narrow;
        }
    }
}

}  // namespace

Result<StoredAnalysis> encodeAnalysis(const Analysis& analysis) {
    ListsBeside lists;
    StoredAnalysis stored;
    stored.document = dumpJson(specToJson(analysis, &lists));
    const std::string block = blockOf(lists);
    SKD_TRY(stored.spectra, deflateBlock(block));
    stored.spectraSha256 = sha256Hex(block);
    stored.sha256 = Sha256().update(stored.document).update(block).hex();
    return stored;
}

Result<AnalysisPtr> decodeAnalysis(std::string_view document, std::string_view spectra,
                                   std::string_view sha256) {
    SKD_TRY(const Json json, parseJson(document));
    auto analysis = std::make_shared<Analysis>();
    std::vector<ListBeside> stored;
    SKD_CHECK(readSpec(json, "", *analysis, &stored));
    SKD_TRY(const std::uint64_t size, blockSize(stored));
    SKD_TRY(const std::string block, inflateBlock(spectra, size));
    if (!sha256.empty() && Sha256().update(document).update(block).hex() != sha256)
        return fail(ErrorCode::Corrupt, "the analysis was changed after it was written");
    fill(stored, block);
    // Analyses from before there were several probes.
    for (MatrixSpectrum& matrix : analysis->matrices)
        if (matrix.probes.empty() && matrix.probeRank > 0)
            matrix.probes.push_back({matrix.probeRank, matrix.probeKl});
    return AnalysisPtr(std::move(analysis));
}

}  // namespace skd
