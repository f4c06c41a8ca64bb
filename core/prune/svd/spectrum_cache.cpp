#include "prune/svd/spectrum_cache.h"

#include <array>
#include <type_traits>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/verified_file.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_seal.h"
#include "formats/safetensors_writer.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytesOf(const at::Tensor& tensor) {
    return {static_cast<const std::byte*>(tensor.data_ptr()),
            static_cast<std::size_t>(tensor.nbytes())};
}

template <class T>
std::span<const std::byte> bytesOf(const std::vector<T>& values) {
    return std::as_bytes(std::span<const T>(values));
}

/// Over the tensors in order, as earlier versions kept it: the digest of one more.
std::uint64_t nextDigest(std::uint64_t digest, std::span<const std::byte> tensor) {
    const std::uint64_t pair[2] = {digest, xxh3(tensor.data(), tensor.size())};
    return xxh3(pair, sizeof pair);
}

std::string tensorName(std::size_t index, const char* part) {
    return strCat("matrix.", index, ".", part);
}

/// Copies tensors out of a file and proves them.
class SpectrumFile {
public:
    explicit SpectrumFile(const SafetensorsFile& file) : m_file(file), m_copier(file) {}

    std::optional<std::vector<double>> doubles(const std::string& name, std::int64_t count) {
        const TensorView* view = m_file.find(name);
        const auto size = static_cast<std::size_t>(count);
        if (view == nullptr || view->bytes.size() != size * sizeof(double)) return {};
        std::vector<double> values(size);
        if (!m_copier.copy(*view, values.data())) return {};
        return values;
    }

    /// Undefined where the file has no such matrix.
    at::Tensor floats(const std::string& name) {
        const TensorView* view = m_file.find(name);
        if (view == nullptr || view->shape.size() != 2) return {};
        at::Tensor tensor = at::empty(view->shape, at::kFloat);
        if (view->bytes.size() != static_cast<std::size_t>(tensor.nbytes())) return {};
        return m_copier.copy(*view, tensor.data_ptr()) ? tensor : at::Tensor();
    }

    /// All of it is as it was written under `key`. Earlier versions kept a digest of the tensors
    /// called `names`, in this order, instead of a seal.
    [[nodiscard]] bool isProven(const std::string& key,
                                const std::vector<std::string>& names) const {
        const auto at = [&](const char* name) {
            const auto found = m_file.metadata().find(name);
            return found == m_file.metadata().end() ? std::string() : found->second;
        };
        if (at("key") != key) return false;
        if (m_file.dataDigest()) return m_copier.finish().has_value();
        std::uint64_t digest = 0;
        for (const std::string& name : names) {
            const TensorView* view = m_file.find(name);
            if (view == nullptr) continue;
            std::vector<std::byte> bytes(view->bytes.size());
            if (!view->copyBytes(0, bytes)) return false;
            digest = nextDigest(digest, bytes);
        }
        return at("digest") == std::to_string(digest);
    }

private:
    const SafetensorsFile& m_file;
    TensorCopier m_copier;
};

/// Tensors of matrix `index` in the order in which they are written and hashed.
constexpr std::array<const char*, 4> kParts{"u", "sigma", "plain", "right"};

std::optional<SpectrumCache::Entry> readEntry(const SafetensorsFile& opened, const std::string& key,
                                              const std::vector<MatrixInfo>& matrices) {
    SpectrumFile file(opened);
    SpectrumCache::Entry entry;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        Decomposition d{file.floats(tensorName(i, "u")), {}, file.floats(tensorName(i, "right"))};
        if (!d.u.defined() || d.u.size(0) != matrices[i].rows) return {};
        if (d.right.defined() &&
            (d.right.size(0) != d.u.size(1) || d.right.size(1) != matrices[i].columns))
            return {};
        auto sigma = file.doubles(tensorName(i, "sigma"), d.u.size(1));
        auto plain = file.doubles(tensorName(i, "plain"), d.u.size(1));
        if (!sigma || !plain) return {};
        d.sigma = std::move(*sigma);
        entry.decompositions.push_back(std::move(d));
        entry.plain.push_back(std::move(*plain));
        for (const char* part : kParts) names.push_back(tensorName(i, part));
    }
    return file.isProven(key, names) ? std::optional(std::move(entry)) : std::nullopt;
}

/// A cut that is not in the file is of a layer that cannot be narrowed.
std::optional<ChannelCut> readChannelCut(SpectrumFile& file, const std::string& place) {
    ChannelCut cut{{}, file.floats(place + "factor"), {}};
    if (!cut.factor.defined()) return cut;
    const std::int64_t channels = cut.factor.size(0);
    const auto order = file.doubles(place + "order", channels);
    auto lost = file.doubles(place + "lost", channels);
    if (!order || !lost || cut.factor.size(1) != channels) return {};
    cut.order = at::tensor(*order, at::kDouble).to(at::kLong);
    cut.lost = std::move(*lost);
    return cut;
}

std::optional<std::vector<ChannelCut>> readChannelCuts(const SafetensorsFile& opened,
                                                       const std::string& key, std::size_t layers) {
    SpectrumFile file(opened);
    std::vector<ChannelCut> cuts;
    std::vector<std::string> names;
    for (std::size_t layer = 0; layer < layers; ++layer) {
        const std::string place = strCat("layer.", layer, ".");
        auto cut = readChannelCut(file, place);
        if (!cut) return {};
        cuts.push_back(std::move(*cut));
        for (const char* part : {"order", "factor", "lost"}) names.push_back(place + part);
    }
    return file.isProven(key, names) ? std::optional(std::move(cuts)) : std::nullopt;
}

/// Removes a file only where its contents are wrong: that it cannot be read says nothing of them.
void giveUp(const char* what, const fs::path& path, ErrorCode problem) {
    log::warning(strCat(what, path.string(), " do not verify and are computed again"));
    std::error_code ignored;
    if (problem == ErrorCode::Corrupt) fs::remove(path, ignored);
}

/// What `read` makes of a cached file; nothing where there is none, or none that verifies.
template <class Read>
std::invoke_result_t<Read, const SafetensorsFile&> readCached(const char* what,
                                                              const fs::path& path,
                                                              const Read& read) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return {};
    const auto opened = SafetensorsFile::open(path);
    if (opened)
        if (auto found = read(*opened)) return found;
    giveUp(what, path, opened ? ErrorCode::Corrupt : opened.error().code);
    return {};
}

constexpr VerifiedFormat kProbesFormat{"sparsekd-probes", 16 << 20},
    kProfilesFormat{"sparsekd-profiles", 16 << 20};

/// What was measured under this key; empty where there is nothing, or nothing that verifies.
Json readMeasured(const fs::path& path, const VerifiedFormat& format, const std::string& key) {
    auto json = readVerifiedJson(path, format);
    if (json && json->is_object() && valueOr(*json, "key", Json()) == Json(key)) return *json;
    if (json || json.error().code != ErrorCode::NotFound)
        log::warning(strCat(path.string(), " does not verify; what it holds is measured again"));
    return Json::object();
}

}  // namespace

fs::path SpectrumCache::file(const std::string& key, const char* suffix) const {
    return m_folder / (key.substr(0, 32) + suffix);
}

std::optional<SpectrumCache::Entry> SpectrumCache::load(
    const std::string& key, const std::vector<MatrixInfo>& matrices) const {
    return readCached(
        "the cached spectra ", file(key, ".spectra"),
        [&](const SafetensorsFile& opened) { return readEntry(opened, key, matrices); });
}

Status SpectrumCache::save(const std::string& key, const std::vector<MatrixInfo>& matrices,
                           const Entry& entry) const {
    SKD_CHECK(createFolders(m_folder));
    std::vector<TensorOut> tensors;
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        const Decomposition& d = entry.decompositions[i];
        const auto k = static_cast<std::int64_t>(d.sigma.size());
        tensors.push_back(
            {tensorName(i, "u"), DType::F32, {matrices[i].rows, k}, bytesOf(d.u), nullptr});
        tensors.push_back({tensorName(i, "sigma"), DType::F64, {k}, bytesOf(d.sigma), nullptr});
        tensors.push_back(
            {tensorName(i, "plain"), DType::F64, {k}, bytesOf(entry.plain[i]), nullptr});
        if (d.right.defined())
            tensors.push_back({tensorName(i, "right"),
                               DType::F32,
                               {k, matrices[i].columns},
                               bytesOf(d.right),
                               nullptr});
    }
    return writeSealedSafetensors(file(key, ".spectra"), tensors, {{"key", key}});
}

std::optional<std::vector<ChannelCut>> SpectrumCache::loadChannels(const std::string& key,
                                                                   std::size_t layers) const {
    return readCached(
        "the cached channels ", file(key, ".channels"),
        [&](const SafetensorsFile& opened) { return readChannelCuts(opened, key, layers); });
}

Status SpectrumCache::saveChannels(const std::string& key,
                                   const std::vector<ChannelCut>& channels) const {
    SKD_CHECK(createFolders(m_folder));
    std::vector<at::Tensor> orders;  // as long as what is written of them
    std::vector<TensorOut> tensors;
    for (std::size_t layer = 0; layer < channels.size(); ++layer) {
        const ChannelCut& cut = channels[layer];
        if (!cut.order.defined()) continue;
        const std::string place = strCat("layer.", layer, ".");
        const std::int64_t count = cut.order.size(0);
        orders.push_back(cut.order.to(at::kDouble));
        tensors.push_back({place + "order", DType::F64, {count}, bytesOf(orders.back()), nullptr});
        tensors.push_back(
            {place + "factor", DType::F32, {count, count}, bytesOf(cut.factor), nullptr});
        tensors.push_back({place + "lost", DType::F64, {count}, bytesOf(cut.lost), nullptr});
    }
    return writeSealedSafetensors(file(key, ".channels"), tensors, {{"key", key}});
}

std::optional<SpectrumCache::Probes> SpectrumCache::loadProbes(
    const std::string& key, const std::vector<std::int64_t>& largest) const {
    const Json json = readMeasured(file(key, ".probes.json"), kProbesFormat, key);
    if (!json.contains("ranks") || !json.contains("kl")) return {};
    Probes probes;
    try {
        const auto ranks = json.at("ranks").get<std::vector<std::vector<std::int64_t>>>();
        const auto kl = json.at("kl").get<std::vector<std::vector<double>>>();
        if (ranks.size() != largest.size() || kl.size() != largest.size()) return {};
        for (std::size_t i = 0; i < largest.size(); ++i) {
            if (ranks[i].size() != kl[i].size()) return {};
            std::vector<RankProbe>& found = probes.emplace_back();
            for (std::size_t j = 0; j < ranks[i].size(); ++j) {
                if (ranks[i][j] < 0 || ranks[i][j] > largest[i]) return {};
                found.push_back({ranks[i][j], kl[i][j]});
            }
        }
    } catch (const Json::exception&) {
        return {};  // an entry of another form is measured again
    }
    return probes;
}

Status SpectrumCache::saveProbes(const std::string& key, const Probes& probes) const {
    SKD_CHECK(createFolders(m_folder));
    Json json{{"key", key}, {"ranks", Json::array()}, {"kl", Json::array()}};
    for (const std::vector<RankProbe>& matrix : probes) {
        Json& ranks = json["ranks"].emplace_back(Json::array());
        Json& kl = json["kl"].emplace_back(Json::array());
        for (const RankProbe& probe : matrix) {
            ranks.push_back(probe.rank);
            kl.push_back(probe.kl);
        }
    }
    return writeVerifiedJson(file(key, ".probes.json"), kProbesFormat, json);
}

SpectrumCache::Profiles SpectrumCache::loadProfiles(const std::string& key) const {
    const Json json = readMeasured(file(key, ".profiles.json"), kProfilesFormat, key);
    try {
        return json.contains("kl") ? json.at("kl").get<Profiles>() : Profiles();
    } catch (const Json::exception&) {
        return {};  // an entry of another form is measured again
    }
}

Status SpectrumCache::saveProfiles(const std::string& key, const Profiles& profiles) const {
    SKD_CHECK(createFolders(m_folder));
    return writeVerifiedJson(file(key, ".profiles.json"), kProfilesFormat,
                             {{"key", key}, {"kl", profiles}});
}

void warnOnFailure(const Status& saved, const RunContext& context) {
    if (!saved)
        context.log(log::Level::Warning, "the spectra were not cached: " + saved.error().message);
}

}  // namespace skd
