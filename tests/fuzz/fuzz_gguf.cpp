// A GGUF file: its tables, its config, its tokeniser, and every value that can be decoded.
#include "formats/float_codec.h"
#include "formats/gguf_file.h"
#include "fuzz/fuzz_target.h"
#include "library/gguf_vocabulary.h"
#include "model/config/config_warnings.h"
#include "tokenizer/tokenizer.h"

namespace skd::fuzz {
namespace {

void readTokenizer(const GgufFile& file) {
    const auto vocabulary = vocabularyOf(file);
    if (!vocabulary) return;
    const auto tokenizer = Tokenizer::fromVocabulary(*vocabulary);
    if (!tokenizer) return;
    const auto ids = (*tokenizer)->encode("Hello world, \u00e9t\u00e9 12345\n\n  x");
    if (ids) static_cast<void>((*tokenizer)->decode(*ids));
}

void readValues(const TensorView& tensor) {
    std::vector<std::byte> bytes(tensor.bytes.size());
    require(tensor.copyBytes(0, bytes).has_value(), "a tensor's bytes cannot be copied");
    const StorageBlock block = storageBlock(tensor.type);
    if (block.bytes == 0) return;
    std::vector<float> values(bytes.size() / static_cast<std::size_t>(block.bytes) *
                              static_cast<std::size_t>(block.values));
    static_cast<void>(decodeFloats(tensor.type, bytes, values));
}

}  // namespace

void tryInput(std::string_view input) {
    const auto parsed = parseGguf(std::as_bytes(std::span(input)));
    const auto opened = GgufFile::open(putFile("model.gguf", input));
    if (!opened) return;
    require(parsed.has_value(), "a file is read that is refused in memory");
    for (const GgufEntry& entry : opened->metadata().entries()) {
        static_cast<void>(opened->metadata().number(entry.key));
        static_cast<void>(opened->metadata().strings(entry.key));
        static_cast<void>(opened->metadata().floats(entry.key));
    }
    for (const TensorView& tensor : opened->tensors()) readValues(tensor);
    if (const auto config = parseGgufConfig(*opened))
        static_cast<void>(configWarnings(*opened, *config));
    readTokenizer(*opened);
}

}  // namespace skd::fuzz
