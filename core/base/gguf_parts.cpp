#include "base/gguf_parts.h"

#include <cstdio>
#include <string_view>

namespace skd {
namespace {

constexpr std::size_t kPartDigits = 5;
constexpr std::string_view kPartOf = "-of-";

/// 0 for what is no number.
std::int64_t partNumber(std::string_view digits) {
    std::int64_t number = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return 0;
        number = number * 10 + (c - '0');
    }
    return number;
}

}  // namespace

std::optional<GgufPart> ggufPart(const std::filesystem::path& path) {
    constexpr std::size_t kSuffix = 1 + kPartDigits + kPartOf.size() + kPartDigits;
    const std::string stem = path.stem().string();
    if (path.extension() != ".gguf" || stem.size() <= kSuffix) return std::nullopt;
    const std::string_view suffix = std::string_view(stem).substr(stem.size() - kSuffix);
    if (suffix[0] != '-' || suffix.substr(1 + kPartDigits, kPartOf.size()) != kPartOf)
        return std::nullopt;
    const std::int64_t number = partNumber(suffix.substr(1, kPartDigits)),
                       count = partNumber(suffix.substr(1 + kPartDigits + kPartOf.size()));
    if (number < 1 || number > count) return std::nullopt;
    return GgufPart{stem.substr(0, stem.size() - kSuffix), number, count};
}

std::filesystem::path ggufPartBeside(const std::filesystem::path& path, const GgufPart& part,
                                     std::int64_t number) {
    char suffix[64];
    std::snprintf(suffix, sizeof suffix, "-%05lld-of-%05lld.gguf", static_cast<long long>(number),
                  static_cast<long long>(part.count));
    return path.parent_path() / (part.name + suffix);
}

std::string ggufName(const std::filesystem::path& path) {
    const auto part = ggufPart(path);
    return part ? part->name : path.stem().string();
}

bool isLaterGgufPart(const std::filesystem::path& path) {
    const auto part = ggufPart(path);
    return part && part->number > 1;
}

}  // namespace skd
