// The corpora of the inventory.
#include <algorithm>
#include <map>

#include "base/resources.h"
#include "base/text.h"
#include "corpus/corpus_folder.h"
#include "corpus/text_sources.h"
#include "library/inventory.h"
#include "spec/corpus_spec.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

std::int64_t number(const Json& json, const char* key) {
    return valueOr(json, key, std::int64_t{0});
}

/// Documents and characters of a source, as a run would read it.
Status countText(const CorpusShare& share, const fs::path& path, CorpusEntry& entry) {
    const auto read =
        visitDocuments(share, path, [&](const SourceDocument& document) -> Result<Visit> {
            ++entry.documents;
            entry.characters += static_cast<std::int64_t>(characterCount(document.text));
            return Visit::Continue;
        });
    return read ? Status() : Status(fail(read.error()));
}

/// What resources/corpus/README.md says about the samples' sources.
std::string shippedLicence(const std::string& share) {
    static const std::map<std::string, std::string> kLicences{
        {"c4", "ODC-BY 1.0"}, {"wikitext", "CC BY-SA 3.0"}, {"gsm8k", "MIT"}, {"code", "MIT"}};
    const auto found = kLicences.find(share);
    return found == kLicences.end() ? "" : found->second;
}

CorpusEntry shippedEntry(const CorpusShare& share) {
    CorpusEntry entry{.name = share.name, .shipped = true};
    const auto path = resolveResource(share.path);
    if (!path) {
        entry.problem = path.error().message;
        return entry;
    }
    std::error_code error;
    entry.path = *path;
    entry.bytes = static_cast<std::int64_t>(fs::file_size(*path, error));
    if (error) entry.problem = strCat(path->string(), ": ", error.message());
    entry.licence = shippedLicence(share.name);
    if (const Status counted = countText(share, *path, entry); !counted)
        entry.problem = counted.error().message;
    return entry;
}

}  // namespace

CorpusEntry lookAtCorpus(const fs::path& path) {
    CorpusEntry entry{.name = path.filename().string(), .path = path};
    const auto folder = CorpusFolder::open(path);
    if (!folder) {
        entry.problem = folder.error().message;
        return entry;
    }
    const Json& manifest = folder->manifest();
    entry.samples = number(manifest, "samples");
    for (const CorpusFolderShare& share : folder->shares()) {
        entry.bytes += static_cast<std::int64_t>(share.bytes);
        appendPart(entry.shares, share.name);
    }
    for (const Json& share : valueOr(manifest, "shares", Json::array())) {
        entry.documents += number(share, "documents");
        entry.characters += number(share, "characters");
        entry.tokens += number(share, "tokens");
        const std::string licence = valueOr(share, "licence", std::string());
        if (!licence.empty() && entry.licence.find(licence) == std::string::npos)
            appendPart(entry.licence, licence.substr(0, 40));
    }
    return entry;
}

std::vector<CorpusEntry> corporaHere(const std::vector<std::string>& added) {
    std::vector<CorpusEntry> corpora;
    for (const CorpusShare& share : CorpusSpec::defaultShares())
        corpora.push_back(shippedEntry(share));
    std::vector<fs::path> folders;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(userDataFolder() / "corpora", ignored))
        if (fs::exists(entry.path() / CorpusFolder::kManifest, ignored))
            folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    for (const std::string& path : added)
        if (std::find(folders.begin(), folders.end(), fs::path(path)) == folders.end())
            folders.emplace_back(path);
    for (const fs::path& folder : folders) corpora.push_back(lookAtCorpus(folder));
    return corpora;
}

}  // namespace skd
