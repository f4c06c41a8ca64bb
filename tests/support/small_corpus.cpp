#include "support/small_corpus.h"

#include "spec/json_writer.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Whole lines of a shipped sample, at least `bytes` of them.
std::string beginningOf(const std::filesystem::path& file, std::size_t bytes) {
    const std::string text = readBytes(file);
    const std::size_t end = text.find('\n', bytes);
    return text.substr(0, end == std::string::npos ? end : end + 1);
}

}  // namespace

const std::vector<CorpusShare>& smallShares() {
    static const TemporaryFolder folder;
    static const std::vector<CorpusShare> shares = [] {
        static constexpr std::string_view kPrefix = "resource:";
        std::vector<CorpusShare> small = CorpusSpec::defaultShares();
        for (CorpusShare& share : small) {
            const std::filesystem::path name = share.path.substr(kPrefix.size());
            const std::filesystem::path file =
                std::filesystem::path(SKD_SOURCE_DIR) / "resources" / name;
            share.path =
                folder.write(name.filename().string(), beginningOf(file, 100'000)).string();
        }
        return small;
    }();
    return shares;
}

std::string smallSharesText() {
    CorpusSpec corpus;
    corpus.shares = smallShares();
    return dumpJson(specToJson(corpus)["shares"]);
}

}  // namespace skd::test
