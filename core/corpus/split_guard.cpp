#include "corpus/split_guard.h"

#include <map>
#include <mutex>

#include "base/files.h"
#include "base/resources.h"
#include "base/text.h"
#include "base/unicode.h"
#include "corpus/measured_texts.h"
#include "corpus/text_sources.h"

namespace skd {
namespace fs = std::filesystem;
namespace {

/// Odd, so that nothing is lost from the sums.
constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15ull, kWordFactor = 0xD6E8FEB86659FD93ull;

constexpr std::uint64_t powerOf(std::uint64_t base, std::size_t exponent) {
    std::uint64_t power = 1;
    for (std::size_t i = 0; i < exponent; ++i) power *= base;
    return power;
}

/// The byte of a word in lower case; 0 for ASCII that is in no word.
constexpr std::array<unsigned char, 256> kInWord = [] {
    std::array<unsigned char, 256> table{};
    for (unsigned c = 0; c < table.size(); ++c) {
        const bool upper = c >= 'A' && c <= 'Z';
        const bool inside = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
        if (inside) table[c] = static_cast<unsigned char>(upper ? c - 'A' + 'a' : c);
    }
    return table;
}();

/// Length in bytes of the letter or digit at `p`, 0 where there is none.
std::size_t letterAt(const char* p, const char* end) {
    if (p == end) return 0;
    const auto byte = static_cast<unsigned char>(*p);
    if (byte < 0x80) return kInWord[byte] != 0 ? 1 : 0;
    const unicode::Character c = unicode::CharacterTable::instance().at(p, end);
    return c.classes & (unicode::Letter | unicode::Number) ? c.length : 0;
}

const char* afterCharacter(const char* p, const char* end) {
    do ++p;
    while (p < end && (static_cast<unsigned char>(*p) & 0xC0) == 0x80);
    return p;
}

/// Calls `visit(word, hash)` with every run of letters and digits of well-formed UTF-8; ASCII
/// letters count as lower case.
template <class Visit>
void visitWords(std::string_view text, const Visit& visit) {
    const char* const end = text.data() + text.size();
    for (const char* p = text.data(); p < end; p = afterCharacter(p, end)) {
        const char* const begin = p;
        std::uint64_t hash = kFactor;
        while (const std::size_t length = letterAt(p, end))
            for (const char* const next = p + length; p < next; ++p)
                hash = (hash ^ kInWord[static_cast<unsigned char>(*p)]) * kWordFactor;
        if (p > begin)
            visit(std::string_view(begin, static_cast<std::size_t>(p - begin)), hash ^ hash >> 32);
        if (p == end) return;
    }
}

/// White space as single spaces; at most some 160 bytes.
std::string oneLine(std::string_view text) {
    static constexpr std::size_t kLongest = 160;
    std::string line;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        const bool between = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        if (line.size() >= kLongest && between) return line + "...";
        if (!space)
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    return line;
}

}  // namespace

std::optional<std::uint64_t> WordSequence::push(std::uint64_t word) {
    static constexpr std::uint64_t kLeaving = powerOf(kFactor, kWords);
    std::uint64_t& place = m_words[m_count % kWords];
    m_sum = m_sum * kFactor + word - place * kLeaving;
    place = word;
    if (++m_count < kWords) return std::nullopt;
    return m_sum == ~0ull ? 0 : m_sum;  // FlatMap has its own use for ~0
}

void SplitGuard::add(std::string_view document) {
    const std::uint64_t place = (m_names.size() - 1) << 32 | m_documents++;
    WordSequence sequence;
    visitWords(document, [&](std::string_view, std::uint64_t word) {
        const auto hash = sequence.push(word);
        if (!hash) return;
        const std::uint64_t* known = m_known.find(*hash);
        if (known != nullptr && (*known == kCommon || *known == place)) return;
        m_common += known != nullptr;
        m_known.set(*hash, known == nullptr ? place : kCommon);
    });
}

std::optional<std::uint64_t> SplitGuard::find(std::uint64_t hash) const {
    const std::uint64_t* known = m_known.find(hash);
    return known == nullptr || *known == kCommon ? std::nullopt : std::optional(*known >> 32);
}

/// Different guarded sequences that end in `text`, in their order.
std::vector<SplitGuard::Count::Match> SplitGuard::Count::matchesIn(std::string_view text,
                                                                   const std::string& where) {
    std::vector<Match> matches;
    std::unordered_set<std::uint64_t> here;
    std::array<std::size_t, WordSequence::kWords> begins{};  // of the last words, 0 before `text`
    visitWords(text, [&](std::string_view word, std::uint64_t wordHash) {
        const auto begin = static_cast<std::size_t>(word.data() - text.data());
        const std::int64_t number = m_words++;
        begins[static_cast<std::size_t>(number) % begins.size()] = begin;
        const auto hash = m_sequence.push(wordHash);
        const auto found = hash ? m_guard->find(*hash) : std::nullopt;
        if (!found || !here.insert(*hash).second) return;
        const std::size_t first = begins[static_cast<std::size_t>(number + 1) % begins.size()];
        // Enough of them for every message.
        const bool told = matches.size() < kRefused;
        matches.push_back({number, *hash, *found, told ? where : "",
                           told ? oneLine(text.substr(first, begin + word.size() - first)) : ""});
    });
    return matches;
}

Result<bool> SplitGuard::Count::add(std::string_view text, const std::string& where) {
    // So many documents that repeat a text are no oversight, however many others follow.
    static constexpr std::int64_t kAtOnce = 20;
    std::vector<Match> matches = matchesIn(text, where);
    ++m_documents;
    if (matches.size() >= kRepeats) {
        if (m_leftOut++ == 0) {
            m_sequencesThere = matches.size();
            m_firstLeftOut = std::move(matches.front());
        }
        if (m_leftOut >= kAtOnce && isTooMany()) return fail(refusal());
        return false;
    }
    for (Match& match : matches) {
        if (!m_seen.insert(match.hash).second) continue;
        m_recent.push_back(std::move(match));
        while (m_recent.front().word < m_recent.back().word - kSpan) m_recent.pop_front();
    }
    if (m_recent.size() >= kRefused)
        return fail(refusal(m_recent.front(), m_recent.size(), " in the documents from there on"));
    return true;
}

Status SplitGuard::Count::finish() const {
    return isTooMany() ? Status(fail(refusal())) : Status();
}

Error SplitGuard::Count::refusal() const {
    return refusal(*m_firstLeftOut, m_sequencesThere,
                   m_documents == 1 ? ""
                                    : strCat("; ", groupDigits(m_leftOut), " of ",
                                             groupDigits(m_documents), " documents are"));
}

Error SplitGuard::Count::refusal(const Match& first, std::size_t sequences,
                                 const std::string& extent) const {
    return {ErrorCode::InvalidInput,
            strCat(first.where, ": this is text of the ", m_guard->m_names[first.text], " (\"",
                   first.words, "\" and ", sequences - 1, " more sequences of ",
                   WordSequence::kWords, " words", extent,
                   "); models are measured on it, so nothing may be trained on it: take it out of "
                   "the source")};
}

namespace {

/// Sizes and times of the files, by which a guard made of them is known again.
Result<std::string> stampOf(const std::vector<fs::path>& files) {
    std::string stamp;
    for (const fs::path& file : files) {
        std::error_code error;
        const auto size = fs::file_size(file, error);
        if (error) return fail(ioError("cannot read", file, error.value()));
        const auto time = fs::last_write_time(file, error).time_since_epoch().count();
        stamp += strCat(file.string(), " ", size, " ", time, "\n");
    }
    return stamp;
}

Result<std::shared_ptr<const SplitGuard>> makeGuard(const std::vector<fs::path>& files) {
    auto guard = std::make_shared<SplitGuard>();
    for (std::size_t i = 0; i < files.size(); ++i) {
        const MeasuredText& text = measuredTexts()[i];
        guard->begin(text.name);
        const auto add = [&](const SourceDocument& document) -> Result<Visit> {
            guard->add(document.text);
            return Visit::Continue;
        };
        SKD_CHECK(visitDocuments(text.source, files[i], add));
    }
    return std::shared_ptr<const SplitGuard>(std::move(guard));
}

}  // namespace

Result<std::shared_ptr<const SplitGuard>> measuredTextsGuard(const fs::path& resourceFolder) {
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<const SplitGuard>> made;
    std::vector<fs::path> files;
    for (const MeasuredText& text : measuredTexts()) {
        SKD_TRY(files.emplace_back(), resolveResource(text.source.path, resourceFolder));
    }
    SKD_TRY(const std::string stamp, stampOf(files));
    const std::lock_guard lock(mutex);
    auto& guard = made[stamp];
    if (guard == nullptr) {
        SKD_TRY(guard, makeGuard(files));
    }
    return guard;
}

}  // namespace skd
