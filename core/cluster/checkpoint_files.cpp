#include "cluster/checkpoint_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/members.h"
#include "base/text.h"
#include "base/verified_file.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

constexpr VerifiedFormat kListFormat{"sparsekd-checkpoint"};
constexpr std::size_t kBlock = 1 << 20;

/// Copies a file under another name, at once and for good; its SHA-256.
Result<std::string> copyAtomically(const fs::path& from, const fs::path& to) {
    const Descriptor file(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.isOpen()) return fail(ioError("cannot open", from, errno));
    SKD_TRY(AtomicFile copy, AtomicFile::create(to));
    Sha256 hash;
    std::string block(kBlock, '\0');
    for (;;) {
        const ssize_t count = ::read(file.number(), block.data(), block.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(ioError("cannot read", from, errno));
        if (count == 0) break;
        hash.update(block.data(), static_cast<std::size_t>(count));
        SKD_CHECK(copy.write(block.data(), static_cast<std::size_t>(count)));
    }
    SKD_CHECK(copy.commit());
    return hash.hex();
}

/// The name leads to a place below the folder that it is put into.
bool staysBelow(const fs::path& name) {
    return !name.empty() && name.is_relative() &&
           std::none_of(name.begin(), name.end(),
                        [](const fs::path& part) { return part == ".." || part.empty(); });
}

bool isHash(const std::string& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::vector<std::int64_t> CheckpointFiles::numbers() const {
    std::vector<std::int64_t> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(m_folder, ignored)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("checkpoint-") || entry.path().extension() != ".json") continue;
        const std::string_view digits = std::string_view(name).substr(11, name.size() - 16);
        if (const auto number = parseNumber<std::int64_t>(digits)) found.push_back(*number);
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::int64_t CheckpointFiles::newest() const {
    const std::vector<std::int64_t> all = numbers();
    return all.empty() ? 0 : all.back();
}

Result<std::string> CheckpointFiles::hashOf(const fs::path& file) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return fail(ioError("cannot examine", file, errno));
    const std::string key = strCat(info.st_dev, " ", info.st_ino, " ", info.st_size, " ",
                                   info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec);
    if (const auto known = m_known.find(key); known != m_known.end()) return known->second;
    SKD_TRY(std::string hash, sha256File(file));
    return m_known[key] = std::move(hash);
}

Status CheckpointFiles::sendFile(const CheckpointSource& file, Json& entries) {
    SKD_TRY(const std::string hash, hashOf(file.path));
    std::error_code ignored;
    if (!fs::exists(blob(hash), ignored)) {
        SKD_TRY(const std::string copied, copyAtomically(file.path, blob(hash)));
        if (copied != hash)
            return fail(ErrorCode::Corrupt,
                        strCat(file.path.string(), " changed while it was sent"));
    }
    entries.push_back({{"name", file.name}, {"sha256", hash}});
    return {};
}

Result<std::int64_t> CheckpointFiles::send(const std::vector<CheckpointSource>& files) {
    SKD_CHECK(createFolders(m_folder / "blobs"));
    Json entries = Json::array();
    for (const CheckpointSource& file : files) SKD_CHECK(sendFile(file, entries));
    const std::int64_t number = newest() + 1;
    SKD_CHECK(writeVerifiedJson(list(number), kListFormat, {{"files", std::move(entries)}}));
    removeOld();
    return number;
}

/// Keeps the two newest lists and what they name; what cannot be read keeps everything.
void CheckpointFiles::removeOld() const {
    std::vector<std::int64_t> all = numbers();
    std::error_code ignored;
    for (std::size_t i = 0; i + 2 < all.size(); ++i) fs::remove(list(all[i]), ignored);
    std::set<std::string> named;
    for (std::size_t i = all.size() < 2 ? 0 : all.size() - 2; i < all.size(); ++i) {
        const auto json = readVerifiedJson(list(all[i]), kListFormat);
        if (!json) return;
        for (const Json& entry : memberOf(*json, "files"))
            named.insert(valueOr(entry, "sha256", ""));
    }
    std::vector<fs::path> unneeded;
    for (const auto& entry : fs::directory_iterator(m_folder / "blobs", ignored))
        if (!named.contains(entry.path().filename().string())) unneeded.push_back(entry.path());
    for (const fs::path& path : unneeded) fs::remove(path, ignored);
}

Status CheckpointFiles::fetchOne(std::int64_t number, const fs::path& into) const {
    SKD_TRY(const Json json, readVerifiedJson(list(number), kListFormat));
    for (const Json& entry : memberOf(json, "files")) {
        std::string name, hash;
        SKD_CHECK(located(takeMember(entry, "name", name), list(number).string()));
        SKD_CHECK(located(takeMember(entry, "sha256", hash), list(number).string()));
        if (!staysBelow(name) || !isHash(hash))
            return fail(ErrorCode::Corrupt,
                        strCat(list(number).string(), " names a file that is none of a run's"));
        SKD_CHECK(createFolders((into / name).parent_path()));
        SKD_TRY(const std::string found, copyAtomically(blob(hash), into / name));
        if (found != hash)
            return fail(ErrorCode::Corrupt, strCat(blob(hash).string(), " is damaged"));
    }
    return {};
}

Result<std::int64_t> CheckpointFiles::fetch(const fs::path& into) const {
    std::vector<std::int64_t> all = numbers();
    std::reverse(all.begin(), all.end());
    for (const std::int64_t number : all) {
        std::error_code ignored;
        fs::remove_all(into, ignored);
        const Status fetched = fetchOne(number, into);
        if (fetched) return number;
        if (fetched.error().code == ErrorCode::NoSpace) return fail(fetched.error());
        log::warning(strCat("checkpoint ", number, " of ", m_folder.string(),
                            " is passed over: ", fetched.error().message));
    }
    std::error_code ignored;
    fs::remove_all(into, ignored);
    return std::int64_t{0};
}

void CheckpointFiles::clear() const {
    std::error_code ignored;
    for (const std::int64_t number : numbers()) fs::remove(list(number), ignored);
    fs::remove_all(m_folder / "blobs", ignored);
}

}  // namespace skd
