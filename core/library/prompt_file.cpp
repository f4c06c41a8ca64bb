#include "library/prompt_file.h"

#include "base/files.h"
#include "base/resources.h"
#include "base/text.h"
#include "base/unicode.h"

namespace skd {

Result<std::vector<std::string>> readPromptFile(const std::string& file) {
    constexpr std::uint64_t kMostBytes = 16 << 20;
    SKD_TRY(const std::filesystem::path path, resolveResource(file));
    SKD_TRY(const std::string text, readFile(path, kMostBytes));
    if (!isValidUtf8(text))
        return fail(ErrorCode::InvalidInput,
                    strCat(path.string(), " is not well-formed UTF-8; give a text file"));
    std::vector<std::string> prompts;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line(trimmed(std::string_view(text).substr(begin, end - begin)));
        if (!line.empty()) prompts.push_back(line);
        begin = end + 1;
    }
    if (prompts.empty())
        return fail(ErrorCode::InvalidInput,
                    strCat(path.string(), " has no prompts; write one on each line"));
    return prompts;
}

}  // namespace skd
