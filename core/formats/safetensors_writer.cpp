#include "formats/safetensors_writer.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/refusals.h"
#include "formats/safetensors_seal.h"

namespace skd {
namespace {

/// A tensor with the bytes it will take, in stored order.
struct Placed {
    const TensorOut* tensor = nullptr;
    DType type = DType::F32;
    std::uint64_t size = 0;
};

Result<Placed> place(const TensorOut& tensor) {
    SKD_CHECK(checkTensorName(tensor.name, kMaxSafetensorsName));
    const DType* type = std::get_if<DType>(&tensor.type);
    if (type == nullptr)
        return unsupported("safetensors has no ", storageTypeName(tensor.type),
                           "; write it as F32, F16 or BF16");
    SKD_TRY(const std::uint64_t size, storedByteCount(tensor.type, tensor.shape));
    return Placed{&tensor, *type, size};
}

Result<std::vector<Placed>> placeAll(std::span<const TensorOut> tensors) {
    if (const auto twice = nameGivenTwice(tensors, &TensorOut::name))
        return fail(ErrorCode::Internal,
                    strCat("the tensor ", displayName(*twice), " was to be written twice"));
    std::vector<Placed> placed;
    placed.reserve(tensors.size());
    for (const TensorOut& tensor : tensors) {
        SKD_TRY(placed.emplace_back(),
                located(place(tensor), "tensor " + displayName(tensor.name)));
    }
    std::ranges::sort(placed, [](const Placed& a, const Placed& b) {
        return std::tie(b.type, a.tensor->name) < std::tie(a.type, b.tensor->name);
    });
    return placed;
}

std::string jsonString(const std::string& text) {
    return dumpJson(Json(text));
}

/// One member of the header's object: `"name":{"dtype":...}`.
std::string entryJson(const Placed& placed, std::uint64_t begin) {
    return strCat(jsonString(placed.tensor->name), ":{\"dtype\":\"", storageTypeName(placed.type),
                  "\",\"shape\":[", joined(placed.tensor->shape, ","), "],\"data_offsets\":[",
                  begin, ",", begin + placed.size, "]}");
}

std::string metadataJson(const SafetensorsMetadata& metadata) {
    Json object = Json::object();
    for (const auto& [key, value] : metadata) object[key] = value;
    return "\"__metadata__\":" + dumpJson(object);
}

/// The length field and the padded header.
Result<std::string> headerBytes(const std::vector<Placed>& placed,
                                const SafetensorsMetadata& metadata) {
    std::string header = "{";
    if (!metadata.empty()) header += metadataJson(metadata);
    std::uint64_t offset = 0;
    for (const Placed& each : placed) {
        if (header.size() > 1) header += ',';
        header += entryJson(each, offset);
        offset += each.size;
    }
    header += '}';
    header.append((8 - header.size() % 8) % 8, ' ');
    if (header.size() > kMaxSafetensorsHeader)
        return unsupported("the header would need ", header.size(),
                           " bytes, more than safetensors allows");
    const std::uint64_t length = header.size();
    std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
    return bytes + header;
}

Status writeTensors(const std::filesystem::path& path, std::span<const TensorOut> tensors,
                    const SafetensorsMetadata& metadata, bool sealed) {
    SKD_TRY(const std::vector<Placed> placed, placeAll(tensors));
    SKD_TRY(const std::string header, headerBytes(placed, metadata));
    SKD_TRY(AtomicFile file, AtomicFile::create(path));
    SKD_CHECK(file.write(header));
    std::vector<std::string> digests;
    for (const Placed& each : placed) {
        SKD_TRY(const std::span<const std::byte> bytes, bytesToWrite(*each.tensor, each.size));
        SKD_CHECK(file.write(bytes.data(), bytes.size()));
        if (sealed)
            digests.push_back(xxh3Hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    }
    if (sealed) {
        const SafetensorsSeal seal = sealFor(header, dataDigest(digests));
        SKD_CHECK(file.overwrite(seal.place, seal.digits));
    }
    return file.commit();
}

}  // namespace

Status writeSafetensors(const std::filesystem::path& path, std::span<const TensorOut> tensors,
                        const SafetensorsMetadata& metadata) {
    return writeTensors(path, tensors, metadata, false);
}

Status writeSealedSafetensors(const std::filesystem::path& path, std::span<const TensorOut> tensors,
                              const SafetensorsMetadata& metadata) {
    return writeTensors(path, tensors, withRoomForSeal(metadata), true);
}

}  // namespace skd
