#include "run/team/model_transfer.h"

#include <unistd.h>

#include <cstdlib>

#include "base/files.h"
#include "base/members.h"
#include "base/text.h"
#include "model/files/decoder_file.h"

namespace skd {
namespace {

/// Of a file at a time.
constexpr std::int64_t kPieceBytes = 64 << 20;

constexpr const char* kModelFile = "model.safetensors";

Result<at::ScalarType> typeOf(const Json& json, const char* name) {
    std::int64_t type = 0;
    SKD_CHECK(takeMember(json, name, type));
    return static_cast<at::ScalarType>(type);
}

/// A piece of a file of `total` bytes, from `begin` on.
at::Tensor pieceAt(std::int64_t begin, std::int64_t total) {
    return at::empty({std::min(kPieceBytes, total - begin)}, at::kByte);
}

std::span<std::byte> bytesOfPiece(const at::Tensor& piece) {
    return {reinterpret_cast<std::byte*>(piece.mutable_data_ptr<std::uint8_t>()), piece.nbytes()};
}

Status sendFile(const std::filesystem::path& path, Communicator& devices) {
    SKD_TRY(const MappedFile file, MappedFile::open(path));
    const auto total = static_cast<std::int64_t>(file.size());
    SKD_CHECK(devices.fromFirst(std::to_string(total)).map([](const std::string&) {}));
    for (std::int64_t begin = 0; begin < total; begin += kPieceBytes) {
        const at::Tensor piece = pieceAt(begin, total);
        SKD_CHECK(file.read(static_cast<std::uint64_t>(begin), bytesOfPiece(piece)));
        SKD_CHECK(devices.broadcast(piece, 0));
    }
    return {};
}

Status receiveFile(const std::filesystem::path& path, Communicator& devices) {
    SKD_TRY(AtomicFile file, AtomicFile::create(path));
    SKD_TRY(const std::string size, devices.fromFirst(""));
    const std::int64_t total = std::strtoll(size.c_str(), nullptr, 10);
    for (std::int64_t begin = 0; begin < total; begin += kPieceBytes) {
        const at::Tensor piece = pieceAt(begin, total);
        SKD_CHECK(devices.broadcast(piece, 0));
        SKD_CHECK(file.write(piece.const_data_ptr(), piece.nbytes()));
    }
    return file.commit();
}

}  // namespace

Result<std::unique_ptr<TransferFolder>> TransferFolder::make() {
    std::error_code error;
    std::filesystem::path base = std::filesystem::temp_directory_path(error);
    if (error) base = "/tmp";
    std::string pattern = (base / "sparsekd-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        return fail(ErrorCode::Io, strCat("cannot make a folder for what other processes send in ",
                                          base.string(), "; set TMPDIR to one that is writable"));
    return std::unique_ptr<TransferFolder>(new TransferFolder(pattern));
}

TransferFolder::~TransferFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

Status shareFile(const std::filesystem::path& from, const std::filesystem::path& to,
                 Communicator& devices) {
    return devices.leads() ? sendFile(from, devices) : receiveFile(to, devices);
}

Result<Decoder> shareModel(const Decoder& model, at::Device device, Communicator& devices) {
    SKD_TRY(const auto scratch, TransferFolder::make());
    const std::filesystem::path file = scratch->path() / kModelFile;
    Json types;
    if (devices.leads()) {
        SKD_CHECK(writeDecoder(file, model, Json::object()));
        types["held"] = static_cast<std::int64_t>(model.dtype());
        if (model.computeDtype) types["computed"] = static_cast<std::int64_t>(*model.computeDtype);
    }
    SKD_TRY(const std::string text, devices.fromFirst(dumpJson(types)));
    SKD_CHECK(shareFile(file, file, devices));
    if (devices.leads()) return model;
    SKD_TRY(types, parseJson(text));
    LoadOptions options;
    SKD_TRY(options.dtype, typeOf(types, "held"));
    options.device = device;
    if (types.contains("computed")) {
        SKD_TRY(options.computeDtype, typeOf(types, "computed"));
    }
    SKD_TRY(DecoderFile read, readDecoder(file, options));
    return std::move(read.model.decoder);
}

}  // namespace skd
