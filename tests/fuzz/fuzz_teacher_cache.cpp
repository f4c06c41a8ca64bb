// A teacher cache of one block: manifest and block. Where the input begins with 'S' both get the
// hashes that go with them, so that mutations reach what lies behind.
#include "base/hash.h"
#include "distill/teacher_cache.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/tiny_teacher_cache.h"

namespace skd::fuzz {
namespace {

/// The bytes with the trailer of a block whose every byte but the hash is as it should be.
std::string withTrailer(std::string_view block) {
    std::string bytes(block.substr(0, block.size() - std::min<std::size_t>(block.size(), 8)));
    const std::uint64_t hash = xxh3(bytes.data(), bytes.size());
    return bytes.append(reinterpret_cast<const char*>(&hash), sizeof hash);
}

void putManifest(std::string_view text, bool isSealed) {
    const std::filesystem::path path = putFile("manifest.json", text);
    const auto content = isSealed ? parseJson(text) : Result<Json>(Json());
    if (isSealed && content) static_cast<void>(writeVerifiedJson(path, kTeacherManifest, *content));
}

}  // namespace

void tryInput(std::string_view input) {
    if (input.empty()) return;
    const bool isSealed = input[0] == 'S';
    const auto parts = partsOf(input.substr(1), 2);
    putManifest(parts[0], isSealed);
    putFile("block-00000.bin", isSealed ? withTrailer(parts[1]) : std::string(parts[1]));
    static const Corpus corpus = tinyCorpus();
    const auto cache = TeacherCache::open(folder(), tinyKey(corpus), corpus);
    if (!cache) return;
    for (std::int64_t sample = 0; sample < cache->samples(); ++sample)
        if (cache->isUsable(sample))
            for (const double temperature : {1.0, 2.0})
                static_cast<void>(cache->rows(sample, temperature));
}

}  // namespace skd::fuzz
