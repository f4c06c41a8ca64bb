// A checkpoint: manifest and tensors. Where the input begins with 'S' its first part is a
// manifest's content, which is sealed, and the tensors' hash is put in, so that mutations reach
// what lies behind the hashes.
#include "base/hash.h"
#include "distill/checkpoint.h"
#include "fuzz/fuzz_target.h"

namespace skd::fuzz {
namespace {

/// {"content": ..., "sha256": ...} as the program writes it; the text itself where it is no JSON.
std::string sealed(std::string_view text, const std::string& tensorsSha256) {
    auto content = parseJson(text);
    if (!content) return std::string(text);
    if (content->is_object() && content->contains("files") && (*content)["files"].is_array())
        for (Json& file : (*content)["files"])
            if (file.is_object()) file["sha256"] = tensorsSha256;
    return dumpJson(Json{{"content", *content}, {"sha256", sha256Hex(dumpJson(*content))}}) + "\n";
}

}  // namespace

void tryInput(std::string_view input) {
    if (input.empty()) return;
    const auto parts = partsOf(input.substr(1), 2);
    putFile("step-3/tensors.safetensors", parts[1]);
    putFile("step-3/manifest.json",
            input[0] == 'S' ? sealed(parts[0], sha256Hex(parts[1])) : std::string(parts[0]));
    const CheckpointFolder checkpoints(folder());
    static_cast<void>(CheckpointFolder::load(checkpoints.stepPath(3)));
    static_cast<void>(checkpoints.loadNewest({}));
}

}  // namespace skd::fuzz
