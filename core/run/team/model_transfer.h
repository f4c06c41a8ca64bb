#pragma once

#include <filesystem>

#include "model/decoder.h"
#include "model/parallel/communicator.h"

namespace skd {

/// A folder of this process among the temporary files, removed with what is in it.
class TransferFolder {
public:
    static Result<std::unique_ptr<TransferFolder>> make();
    ~TransferFolder();
    TransferFolder(const TransferFolder&) = delete;
    TransferFolder& operator=(const TransferFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    explicit TransferFolder(std::filesystem::path path) : m_path(std::move(path)) {}
    std::filesystem::path m_path;
};

/// Rank 0's file `from`, in all others as `to`.
Status shareFile(const std::filesystem::path& from, const std::filesystem::path& to,
                 Communicator& devices);

/// Rank 0's decoder, of one size, to all others, which hold and compute it in the same types, on
/// `device`. Others give anything for `model`.
Result<Decoder> shareModel(const Decoder& model, at::Device device, Communicator& devices);

}  // namespace skd
