#include "core/run/spec_effect_models.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "core/model/tiny_model.h"
#include "formats/safetensors_writer.h"

namespace skd::test {
namespace {

constexpr int kLayers = 3;

std::map<std::string, at::Tensor> withThirdLayer(std::map<std::string, at::Tensor> tensors) {
    const std::string last = "model.layers.1.";
    std::map<std::string, at::Tensor> added;
    for (const auto& [name, tensor] : tensors)
        if (name.starts_with(last))
            added["model.layers.2." + name.substr(last.size())] =
                tensor.dim() == 2 ? tensor.flip(0).contiguous() : tensor;
    tensors.merge(added);
    // Random MLPs hardly move the output; these do, so that cutting them shows.
    for (auto& [name, tensor] : tensors)
        if (name.ends_with("down_proj.weight")) tensor = tensor * 8;
    return tensors;
}

void writeWeights(const std::filesystem::path& path,
                  const std::map<std::string, at::Tensor>& tensors) {
    std::vector<TensorOut> out;
    for (const auto& [name, tensor] : tensors)
        out.push_back(
            {name, DType::F32, tensor.sizes().vec(),
             std::span(static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes())});
    ASSERT_TRUE(writeSafetensors(path, out, {{"format", "pt"}}));
}

void writeModel(const std::filesystem::path& folder,
                const std::map<std::string, at::Tensor>& tensors) {
    std::filesystem::create_directories(folder);
    const std::filesystem::path source = modelFixture("workbench");
    std::filesystem::copy_file(source / "tokenizer.json", folder / "tokenizer.json");
    Json config = parseJson(*readFile(source / "config.json", 1 << 20)).value();
    config["num_hidden_layers"] = kLayers;
    ASSERT_TRUE(writeFileAtomically(folder / "config.json", dumpJson(config)));
    ASSERT_TRUE(writeFileAtomically(
        folder / "tokenizer_config.json",
        dumpJson({{"bos_token", "<|im_start|>"},
                  {"eos_token", "<|endoftext|>"},
                  {"chat_template",
                   "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + "
                   "message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if "
                   "add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"}})));
    writeWeights(folder / "model.safetensors", tensors);
}

}  // namespace

void writeEffectModels(const std::filesystem::path& folder) {
    std::map<std::string, at::Tensor> tensors =
        withThirdLayer(loadTensors(modelFixture("workbench") / "model.safetensors"));
    writeModel(folder / "sound", tensors);
    tensors["model.embed_tokens.weight"].select(0, 5).fill_(3e38);
    writeModel(folder / "broken", tensors);
}

}  // namespace skd::test
