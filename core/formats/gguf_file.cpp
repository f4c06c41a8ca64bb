#include "formats/gguf_file.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/gguf_parts.h"
#include "base/text.h"
#include "formats/gguf_parser.h"
#include "formats/refusals.h"

namespace skd {
namespace {

/// The place of a file among its parts, as its own keys give it; `number` from 0.
struct Split {
    std::int64_t number = 0, count = 1;
};

Result<Split> splitOf(const GgufMetadata& metadata) {
    Split split;
    SKD_TRY(split.count, metadata.integer("split.count", 1));
    SKD_TRY(split.number, metadata.integer("split.no", 0));
    return split;
}

tl::unexpected<Error> isPart(const Split& split) {
    return unsupported("it is one of the ", split.count, " parts of a split GGUF (split.no ",
                       split.number,
                       "); merge them first: llama-gguf-split --merge FIRST_PART WHOLE.gguf, or "
                       "open the first under the name that llama-gguf-split gave it");
}

using SharedFile = std::shared_ptr<const MappedFile>;

/// A file and what it holds; each tensor knows the file it lies in.
struct OpenPart {
    SharedFile file;
    std::shared_ptr<const std::string> head;
    GgufContents contents;
};

Result<OpenPart> openPart(const std::filesystem::path& path) {
    SKD_TRY(MappedFile mapped, MappedFile::open(path));
    SKD_TRY(GgufHead read, located(readGgufHead(mapped), path.filename().string()));
    OpenPart part{std::make_shared<const MappedFile>(std::move(mapped)), std::move(read.bytes),
                  std::move(read.contents)};
    setFile(part.contents.tensors, part.file);
    return part;
}

/// Appends the tensors of part `number`, from 0, to `contents`.
Result<SharedFile> addPart(const std::filesystem::path& path, const Split& expected,
                           GgufContents& contents) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return fail(ErrorCode::NotFound,
                    strCat("the part ", path.string(), " is missing; download it"));
    SKD_TRY(OpenPart part, openPart(path));
    SKD_TRY(const Split split, splitOf(part.contents.metadata));
    if (split.number != expected.number || split.count != expected.count)
        return corrupt(path.filename().string(), " says that it is part ", split.number + 1, " of ",
                       split.count);
    std::ranges::move(part.contents.tensors, std::back_inserter(contents.tensors));
    return part.file;
}

/// Appends the parts after the first, `path`, and their tensors to `contents`.
Status addLaterParts(const std::filesystem::path& path, GgufContents& contents,
                     std::vector<SharedFile>& parts) {
    SKD_TRY(const Split first, splitOf(contents.metadata));
    if (first.count <= 1) return {};
    const auto named = ggufPart(path);
    if (!named || named->count != first.count || named->number != first.number + 1)
        return isPart(first);
    if (first.number != 0)
        return unsupported("it is part ", named->number, " of ", named->count, "; open the first, ",
                           ggufPartBeside(path, *named, 1).filename().string());
    for (std::int64_t i = 1; i < first.count; ++i) {
        SKD_TRY(SharedFile part,
                addPart(ggufPartBeside(path, *named, i + 1), {i, first.count}, contents));
        parts.push_back(std::move(part));
    }
    const auto found = static_cast<std::int64_t>(contents.tensors.size());
    SKD_TRY(const std::int64_t total, contents.metadata.integer("split.tensors.count", found));
    if (total != found)
        return corrupt("its parts hold ", found, " tensors, but split.tensors.count is ", total);
    return {};
}

}  // namespace

Result<GgufContents> parseGguf(std::span<const std::byte> file) {
    SKD_TRY(GgufContents contents, parseGgufPart(file));
    SKD_TRY(const Split split, splitOf(contents.metadata));
    if (split.count > 1) return isPart(split);
    return contents;
}

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    SKD_TRY(OpenPart first, openPart(path));
    GgufFile file;
    file.m_parts.push_back(std::move(first.file));
    file.m_head = std::move(first.head);
    SKD_CHECK(located(addLaterParts(path, first.contents, file.m_parts), name));
    SKD_TRY(file.m_table, located(TensorTable::build(std::move(first.contents.tensors)), name));
    file.m_metadata = std::move(first.contents.metadata);
    return file;
}

std::vector<std::filesystem::path> GgufFile::files() const {
    std::vector<std::filesystem::path> all;
    for (const SharedFile& part : m_parts) all.push_back(part->path());
    return all;
}

Status GgufFile::checkUnchanged() const {
    for (const SharedFile& part : m_parts) SKD_CHECK(part->checkUnchanged());
    return {};
}

}  // namespace skd
