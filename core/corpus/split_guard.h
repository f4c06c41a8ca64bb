#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.h"

namespace skd {

/// Keeps a test split out of training text: knows the hashes of the split's lines and counts how
/// many different ones a source repeats. Lines are compared without spaces and without the " @" and
/// "@ " of WikiText's tokenised form, so that raw, tokenised and detokenised copies are all caught;
/// lines with <unk> instead of words cannot match, the others do.
class SplitGuard {
public:
    /// Different lines of the split that a source may hold by chance.
    static constexpr std::size_t kTolerated = 2;
    /// Shorter lines (after the spaces are gone) are titles and fragments that prove nothing.
    static constexpr std::size_t kShortest = 40;

    /// `name` is how messages call the split.
    static Result<SplitGuard> fromFile(const std::filesystem::path& path, std::string name);
    static SplitGuard fromText(std::string_view text, std::string name);

    [[nodiscard]] std::size_t lineCount() const { return m_hashes.size(); }

    /// Lines of one source that are being counted.
    class Count {
    public:
        explicit Count(const SplitGuard& guard) : m_guard(&guard) {}
        /// Looks at every line of `text`; an error as soon as too many different ones belong to the
        /// split. `where` names the source and its line in the message.
        Status add(std::string_view text, const std::string& where);
        /// Different lines of the split found so far.
        [[nodiscard]] std::size_t seen() const { return m_seen.size(); }

    private:
        const SplitGuard* m_guard;
        std::unordered_set<std::uint64_t> m_seen;
    };

private:
    SplitGuard() = default;
    std::string m_name;
    std::unordered_set<std::uint64_t> m_hashes;
};

}  // namespace skd
