#include "prune/svd/spectrum_cache.h"

#include <array>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/verified_file.h"
#include "formats/safetensors_file.h"
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

/// Digest over the tensors in order, so that a flipped bit anywhere is noticed at loading.
std::string digestOf(const std::vector<TensorOut>& tensors) {
    std::uint64_t digest = 0;
    for (const TensorOut& tensor : tensors) {
        const std::uint64_t pair[2] = {digest, xxh3(tensor.bytes.data(), tensor.bytes.size())};
        digest = xxh3(pair, sizeof pair);
    }
    return std::to_string(digest);
}

std::string tensorName(std::size_t index, const char* part) {
    return strCat("matrix.", index, ".", part);
}

std::optional<std::vector<double>> readDoubles(const SafetensorsFile& file, const std::string& name,
                                               std::int64_t count) {
    const TensorView* view = file.find(name);
    const auto size = static_cast<std::size_t>(count);
    if (view == nullptr || view->bytes.size() != size * sizeof(double)) return {};
    std::vector<double> values(size);
    std::memcpy(values.data(), view->bytes.data(), view->bytes.size());
    return values;
}

/// Undefined where the file has no such matrix.
at::Tensor readFloats(const SafetensorsFile& file, const std::string& name) {
    const TensorView* view = file.find(name);
    if (view == nullptr || view->shape.size() != 2) return {};
    at::Tensor tensor = at::empty(view->shape, at::kFloat);
    if (view->bytes.size() != static_cast<std::size_t>(tensor.nbytes())) return {};
    std::memcpy(tensor.data_ptr(), view->bytes.data(), view->bytes.size());
    return tensor;
}

/// Tensors of matrix `index` in the order in which they are written and hashed.
constexpr std::array<const char*, 4> kParts{"u", "sigma", "plain", "right"};

std::optional<SpectrumCache::Entry> readEntry(const SafetensorsFile& file,
                                              const std::vector<MatrixInfo>& matrices) {
    SpectrumCache::Entry entry;
    std::vector<TensorOut> seen;
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        Decomposition d{
            readFloats(file, tensorName(i, "u")), {}, readFloats(file, tensorName(i, "right"))};
        if (!d.u.defined() || d.u.size(0) != matrices[i].rows) return {};
        if (d.right.defined() &&
            (d.right.size(0) != d.u.size(1) || d.right.size(1) != matrices[i].columns))
            return {};
        auto sigma = readDoubles(file, tensorName(i, "sigma"), d.u.size(1));
        auto plain = readDoubles(file, tensorName(i, "plain"), d.u.size(1));
        if (!sigma || !plain) return {};
        d.sigma = std::move(*sigma);
        entry.decompositions.push_back(std::move(d));
        entry.plain.push_back(std::move(*plain));
        for (const char* part : kParts)
            if (const TensorView* view = file.find(tensorName(i, part)))
                seen.push_back({.name = "", .bytes = view->bytes});
    }
    const auto digest = file.metadata().find("digest");
    if (digest == file.metadata().end() || digest->second != digestOf(seen)) return {};
    return entry;
}

/// A cut that is not in the file is of a layer that cannot be narrowed.
std::optional<ChannelCut> readChannelCut(const SafetensorsFile& file, std::size_t layer,
                                         std::vector<TensorOut>& seen) {
    const std::string place = strCat("layer.", layer, ".");
    ChannelCut cut{{}, readFloats(file, place + "factor"), {}};
    if (!cut.factor.defined()) return cut;
    const std::int64_t channels = cut.factor.size(0);
    const auto order = readDoubles(file, place + "order", channels);
    auto lost = readDoubles(file, place + "lost", channels);
    if (!order || !lost || cut.factor.size(1) != channels) return {};
    cut.order = at::tensor(*order, at::kDouble).to(at::kLong);
    cut.lost = std::move(*lost);
    for (const char* part : {"order", "factor", "lost"})
        seen.push_back({.name = "", .bytes = file.find(place + part)->bytes});
    return cut;
}

std::optional<std::vector<ChannelCut>> readChannelCuts(const SafetensorsFile& file,
                                                       std::size_t layers) {
    std::vector<ChannelCut> cuts;
    std::vector<TensorOut> seen;
    for (std::size_t layer = 0; layer < layers; ++layer) {
        auto cut = readChannelCut(file, layer, seen);
        if (!cut) return {};
        cuts.push_back(std::move(*cut));
    }
    const auto digest = file.metadata().find("digest");
    if (digest == file.metadata().end() || digest->second != digestOf(seen)) return {};
    return cuts;
}

constexpr VerifiedFormat kProbesFormat{"sparsekd-probes", 16 << 20},
    kProfilesFormat{"sparsekd-profiles", 16 << 20};

/// What was measured under this key; empty where there is nothing, or nothing that verifies.
Json readMeasured(const fs::path& path, const VerifiedFormat& format, const std::string& key) {
    auto json = readVerifiedJson(path, format);
    if (json && json->is_object() && json->value("key", Json()) == Json(key)) return *json;
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
    const fs::path path = file(key, ".spectra");
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return {};
    const auto opened = SafetensorsFile::open(path);
    if (opened)
        if (auto entry = readEntry(*opened, matrices)) return entry;
    log::warning(
        strCat("the cached spectra ", path.string(), " do not verify and are computed again"));
    fs::remove(path, ignored);
    return {};
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
    return writeSafetensors(file(key, ".spectra"), tensors,
                            {{"digest", digestOf(tensors)}, {"key", key}});
}

std::optional<std::vector<ChannelCut>> SpectrumCache::loadChannels(const std::string& key,
                                                                   std::size_t layers) const {
    const fs::path path = file(key, ".channels");
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return {};
    if (const auto opened = SafetensorsFile::open(path))
        if (auto cuts = readChannelCuts(*opened, layers)) return cuts;
    log::warning(
        strCat("the cached channels ", path.string(), " do not verify and are computed again"));
    fs::remove(path, ignored);
    return {};
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
    return writeSafetensors(file(key, ".channels"), tensors,
                            {{"digest", digestOf(tensors)}, {"key", key}});
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
