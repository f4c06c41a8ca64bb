#include "base/verified_file.h"

#include "base/files.h"
#include "base/hash.h"
#include "base/record.h"
#include "base/text.h"

namespace skd {
namespace {

constexpr std::int64_t kVerifiedVersion = 1;
constexpr std::string_view kBeforeContent = "\",\"content\":", kAfterContent = "}\n";

std::string headOf(const VerifiedFormat& format, std::int64_t version) {
    return strCat("{\"format\":\"", format.name, "\",\"version\":", version, ",\"xxh3\":\"");
}

/// The content's bytes where `text` is a file as writeVerifiedJson leaves it.
std::optional<std::string_view> provenContent(std::string_view text, const VerifiedFormat& format,
                                              std::int64_t version = kVerifiedVersion) {
    const std::string head = headOf(format, version);
    const std::size_t begin = head.size() + kXxh3Digits + kBeforeContent.size();
    if (text.size() < begin + kAfterContent.size() || !text.starts_with(head) ||
        text.substr(head.size() + kXxh3Digits, kBeforeContent.size()) != kBeforeContent ||
        !text.ends_with(kAfterContent))
        return {};
    const std::string_view content = text.substr(begin, text.size() - begin - kAfterContent.size());
    if (text.substr(head.size(), kXxh3Digits) != xxh3Hex(content)) return {};
    return content;
}

}  // namespace

Status writeVerifiedJson(const std::filesystem::path& path, const VerifiedFormat& format,
                         const Json& content) {
    const std::string text = dumpJson(content);
    return writeFileAtomically(path, strCat(headOf(format, kVerifiedVersion), xxh3Hex(text),
                                            kBeforeContent, text, kAfterContent));
}

Result<Json> readVerifiedJson(const std::filesystem::path& path, const VerifiedFormat& format) {
    SKD_TRY(const std::string text, readFile(path, format.limit));
    if (const auto content = provenContent(text, format))
        return located(parseJson(*content), path.string());
    auto json = parseJson(text);
    // A single damaged byte leaves at least two of these keys, which no earlier version wrote.
    const bool isWrapped =
        json && json->is_object() && (json->contains("content") || json->contains("xxh3"));
    if (json && !isWrapped) return json;
    std::int64_t version = 0;
    const bool isLater = json && valueOr(*json, "format", Json()) == Json(format.name) &&
                         readMember(valueOr(*json, "version", Json()), version) &&
                         version > kVerifiedVersion &&
                         !provenContent(text, format, version);  // else a bit of the version
    return fail(isLater ? ErrorCode::Newer : ErrorCode::Corrupt,
                strCat(path.string(), isLater ? " was written by a newer version of the program"
                                              : " was changed or cut after it was written"));
}

}  // namespace skd
