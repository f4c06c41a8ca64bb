#include "spec/model_name.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace skd::test {
namespace {

TEST(ModelName, IsWhatPeopleCallTheModel) {
    const std::string revision = "0123456789abcdef0123456789abcdef01234567";
    const std::vector<std::pair<std::string, std::string>> names{
        {"/hub/models--org--tiny-llama/snapshots/" + revision, "tiny-llama"},
        {"/hub/models--org--tiny-llama/", "tiny-llama"},
        {"models--gpt2", "gpt2"},
        {"/m/snapshots/mine", "mine"},
        {"/m/mine/", "mine"},
        {"mine-1.5.Q8_0.gguf", "mine-1.5.Q8_0"},
        {"/m/mine-00001-of-00003.gguf", "mine"},
        {"/m/mine-00004-of-00003.gguf", "mine-00004-of-00003"},
        {"/m/mine-1-of-3.gguf", "mine-1-of-3"}};
    for (const auto& [path, name] : names) EXPECT_EQ(modelName(path), name) << path;
}

}  // namespace
}  // namespace skd::test
