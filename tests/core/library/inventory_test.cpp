#include "library/inventory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "base/files.h"
#include "core/model/tiny_model.h"
#include "model/files/decoder_file.h"
#include "spec/run_spec.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// Numbers that a safetensors file holds, counted from its header alone.
std::int64_t elementsIn(const fs::path& file) {
    const std::string bytes = readBytes(file);
    std::uint64_t length = 0;
    std::copy_n(bytes.data(), 8, reinterpret_cast<char*>(&length));
    std::int64_t total = 0;
    const Json header = Json::parse(bytes.substr(8, length));
    for (const auto& [name, tensor] : header.items()) {
        if (name == "__metadata__" || name.ends_with(".mask")) continue;
        std::int64_t count = 1;
        for (const Json& size : tensor["shape"]) count *= size.get<std::int64_t>();
        total += count;
    }
    return total;
}

std::string fixture(const char* name) {
    return (fs::path(SKD_FIXTURES) / "models" / name).string();
}

class InventoryTest : public testing::Test {
protected:
    const TemporaryFolder folder;
    const RunPaths paths{folder / "w.files"};

    std::vector<std::string> namesHere(const std::vector<std::string>& added) {
        std::vector<std::string> names;
        for (const ModelEntry& model : localModels(added, paths)) names.push_back(model.name);
        return names;
    }
    static RunDetails run(std::int64_t id, RunStatus status, const std::string& teacher = "") {
        RunDetails details;
        details.row.id = RunId(id);
        details.row.name = "run";
        details.row.status = status;
        RunSpec spec;
        spec.teacher.path = teacher;
        details.spec = toJson(spec);
        return details;
    }
};

TEST_F(InventoryTest, AFolderIsDescribedByItsHeaders) {
    for (const char* name : {"llama", "qwen2", "gemma3", "qwen3-shards"}) {
        const ModelEntry model = describeModel(fixture(name), paths);
        EXPECT_EQ(model.problem, "") << name;
        EXPECT_EQ(model.name, name);
        EXPECT_GT(model.bytes, model.parameters) << name;
    }
    const ModelEntry llama = describeModel(fixture("llama"), paths);
    EXPECT_EQ(llama.architecture, "llama");
    EXPECT_EQ(llama.layers, 2);
    EXPECT_EQ(llama.parameters, elementsIn(fixture("llama") + "/model.safetensors"));
    EXPECT_EQ(llama.bytes,
              static_cast<std::int64_t>(fs::file_size(fixture("llama") + "/model.safetensors")));
}

TEST_F(InventoryTest, WhatIsNoModelSaysWhy) {
    const auto text = folder.write("notes.txt", "hello");
    fs::create_directory(folder / "empty");
    EXPECT_NE(describeModel(text.string(), paths).problem.find("is no model"), std::string::npos);
    EXPECT_NE(describeModel((folder / "empty").string(), paths).problem.find("config.json"),
              std::string::npos);
    EXPECT_NE(describeModel((folder / "nowhere").string(), paths).problem, "");
    EXPECT_NE(describeModel(folder.write("broken.gguf", "GGUFxx").string(), paths).problem, "");
    EXPECT_NE(describeModel("run:x", paths).problem, "");
}

TEST_F(InventoryTest, ModelsOfFoldersAddedOnesAndRunsAreListedOnce) {
    fs::create_directories(folder / "models");
    fs::copy(fixture("llama"), folder / "models" / "mine", fs::copy_options::recursive);
    folder.write("models/LICENSE-Mine.txt", "free\n");
    setenv("SPARSEKD_MODELS", (folder / "models").c_str(), 1);
    const Decoder decoder = tinyDecoder(1);
    fs::create_directories(paths.run(RunId(7)));
    ASSERT_TRUE(writeDecoder(paths.run(RunId(7)) / "model.safetensors", decoder, Json::object()));
    const auto names = namesHere({fixture("qwen2"), (folder / "models" / "mine").string()});
    EXPECT_EQ(std::count(names.begin(), names.end(), "mine"), 1);
    EXPECT_EQ(std::count(names.begin(), names.end(), "qwen2"), 1);
    ASSERT_EQ(names.back(), "run:7");
    const auto models = localModels({}, paths);
    EXPECT_EQ(models.front().reference, "mine");
    EXPECT_EQ(models.front().licence, "see LICENSE-Mine.txt");
    EXPECT_EQ(models.back().run, RunId(7));
    EXPECT_EQ(models.back().parameters, decoder.parameterCount());
    unsetenv("SPARSEKD_MODELS");
}

TEST_F(InventoryTest, ShippedCorporaAreCounted) {
    const auto corpora = corporaHere({});
    ASSERT_GE(corpora.size(), 4u);
    EXPECT_EQ(corpora[0].name, "c4");
    EXPECT_EQ(corpora[0].documents, 900) << "as resources/corpus/README.md says";
    EXPECT_EQ(corpora[0].characters, 2'011'952) << "as Python counts them";
    EXPECT_EQ(corpora[1].documents, 1) << "read as one text";
    EXPECT_EQ(corpora[2].documents, 7466);
    EXPECT_EQ(corpora[3].licence, "MIT");
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(corpora[i].problem, "");
    EXPECT_NE(lookAtCorpus(folder.path()).problem, "");
}

TEST_F(InventoryTest, CachesAreMeasuredAndDeleted) {
    folder.write("w.files/spectra/a.spectra", std::string(1000, 'x'));
    folder.write("w.files/teacher/k/block-0.bin", std::string(500, 'x'));
    folder.write("w.files/teacher/k/manifest.json", "{}");
    folder.write("w.files/runs/3/checkpoints-1/step-2/tensors", std::string(70, 'x'));
    folder.write("w.files/runs/notes/x", "x");
    const auto caches = localCaches(paths);
    ASSERT_EQ(caches.size(), 3u);
    EXPECT_EQ(caches[0].bytes, 1000);
    EXPECT_EQ(caches[1].bytes, 502);
    EXPECT_EQ(caches[2].run, RunId(3));
    EXPECT_EQ(caches[2].bytes, 70);
    EXPECT_GT(caches[2].usedMs, 1'000'000'000'000);
    const auto freed = deleteCache(caches[1], paths);
    ASSERT_TRUE(freed) << freed.error().message;
    EXPECT_EQ(*freed, 502);
    EXPECT_FALSE(fs::exists(paths.teacher() / "k"));
    EXPECT_TRUE(fs::exists(paths.spectra() / "a.spectra"));
}

TEST_F(InventoryTest, NothingOutsideTheCachesIsDeleted) {
    const auto keep = folder.write("keep.txt", "x");
    fs::create_directories(paths.cache);
    for (const fs::path& path :
         {keep, paths.cache, paths.cache / "..", folder.path(), paths.cache / "../keep.txt"}) {
        EXPECT_FALSE(deleteCache({CacheKind::Spectra, RunId(), path, 0, 0}, paths)) << path;
        EXPECT_TRUE(fs::exists(keep));
    }
}

TEST_F(InventoryTest, DeletingSaysWhatIsLost) {
    const CacheEntry teacher{CacheKind::Teacher, RunId(), "t", 1, 0},
        files{CacheKind::RunFiles, RunId(3), "r", 1, 0};
    EXPECT_TRUE(cacheUse(teacher, {}, {}).losses.empty());
    EXPECT_EQ(cacheUse(teacher, {run(1, RunStatus::Queued)}, {}).losses.size(), 1u);
    EXPECT_TRUE(cacheUse(teacher, {run(1, RunStatus::Running)}, {}).blocked);
    EXPECT_FALSE(cacheUse(files, {run(1, RunStatus::Running)}, {}).blocked)
        << "another run's files are not open";
    EXPECT_TRUE(cacheUse(files, {run(3, RunStatus::Running)}, {}).blocked);
    EXPECT_TRUE(cacheUse(files, {run(4, RunStatus::Running, "run:3")}, {}).blocked);
    const CacheUse resumable = cacheUse(files, {run(3, RunStatus::Interrupted)}, {});
    EXPECT_FALSE(resumable.blocked);
    EXPECT_NE(resumable.losses.front().find("checkpoint"), std::string::npos);
    EXPECT_EQ(cacheUse(files, {run(4, RunStatus::Queued, "run:3@40")}, {}).losses.size(), 2u);
}

}  // namespace
}  // namespace skd::test
