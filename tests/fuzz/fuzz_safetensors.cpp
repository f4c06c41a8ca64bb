// A safetensors file: in memory, from disk, and every value that can be decoded.
#include "formats/float_codec.h"
#include "formats/safetensors_file.h"
#include "fuzz/fuzz_target.h"

namespace skd::fuzz {

void tryInput(std::string_view input) {
    const auto parsed = parseSafetensors(std::as_bytes(std::span(input)));
    const auto opened = SafetensorsFile::open(putFile("model.safetensors", input));
    if (!opened) return;
    require(parsed.has_value(), "a file is read that is refused in memory");
    require(opened->tensors().size() == parsed->tensors.size(), "the file has other tensors");
    for (const TensorView& tensor : opened->tensors()) {
        require(opened->find(tensor.name) != nullptr, "a tensor is not found by its name");
        std::vector<std::byte> bytes(tensor.bytes.size());
        require(tensor.copyBytes(0, bytes).has_value(), "a tensor's bytes cannot be copied");
        const StorageBlock block = storageBlock(tensor.type);
        std::vector<float> values(bytes.size() / static_cast<std::size_t>(block.bytes) *
                                  static_cast<std::size_t>(block.values));
        static_cast<void>(decodeFloats(tensor.type, bytes, values));
    }
}

}  // namespace skd::fuzz
