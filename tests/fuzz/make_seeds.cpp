// Writes small files of every kind that this program makes into FOLDER/TARGET, as inputs to begin
// fuzzing with:
//   fuzz_seeds FOLDER
#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "core/store/raw_database.h"
#include "distill/checkpoint.h"
#include "exchange/run_archive.h"
#include "exchange/tensorboard_file.h"
#include "fuzz/fuzz_target.h"
#include "fuzz/tiny_teacher_cache.h"
#include "spec/run_spec.h"
#include "spec/study_spec.h"
#include "store/run_writer.h"

// This program is no fuzz target.
void skd::fuzz::tryInput(std::string_view /*input*/) {}

namespace skd::fuzz {
namespace {

namespace fs = std::filesystem;

/// The value; what cannot be made ends the program.
template <class T>
T made(Result<T> result) {
    if (result) return std::move(*result);
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
}
void done(const Status& status) {
    if (status) return;
    std::fprintf(stderr, "%s\n", status.error().message.c_str());
    std::exit(1);
}

/// Gathers the seeds of all targets.
struct Seeds {
    fs::path root;

    void put(const std::string& target, const std::string& name, std::string_view bytes) const {
        done(createFolders(root / target));
        done(writeFileAtomically(root / target / name, bytes));
    }
    void putFileOf(const std::string& target, const std::string& name, const fs::path& file) const {
        put(target, name, made(readFile(file)));
    }
};

/// As small as SQLite makes a file: in one file, pages of 512 bytes.
void shrink(const fs::path& file) {
    test::RawDatabase database(file);
    database("PRAGMA journal_mode = DELETE");
    database("PRAGMA page_size = 512");
    database("VACUUM");
}

void fillWorkspace(const fs::path& file) {
    const auto writer = made(RunWriter::open(file));
    const StudyId study = made(writer->openStudy("table", Json{{"a", 1}}, "study"));
    const RunId run = made(writer->createRun("one", toJson(RunSpec()), "hash", {study, "svd"}));
    done(writer->markStarted(run, Json{{"threads", 1}}));
    writer->appendMetrics(run, {{"kd.ce", 1, 2.5, 7}, {"kd.ce", 2, NAN, 8}, {"ppl.live", 0, 9, 9}});
    done(writer->saveRanks(run, {{"model.layers.0.mlp.up_proj", 12}}));
    done(writer->appendEvent(run, "checkpoint", Json{{"step", 3}}));
    Analysis analysis;
    analysis.model.name = "m";
    MatrixSpectrum spectrum;
    spectrum.info = {"model.layers.0.mlp.up_proj", LayerIndex(0), MatrixKind::Up, 4, 3};
    spectrum.plain = {3, 2, 1};
    analysis.matrices.push_back(spectrum);
    done(writer->saveAnalysis(run, analysis));
    made(writer->apply(SetTags{run, {"paper"}}));
    made(writer->apply(Annotate{{{}, run, "kd.ce", 1, "a bend", 77}}));
    made(writer->apply(KeepMeasurement{{{}, "profile", "p", 5, Json{{"rows", Json::array()}}}}));
    done(writer->markStatus(run, RunStatus::Completed, "steps",
                            readRunSummary({{"dense_ppl", 20.5}, {"post_kd_ppl", 22.25}})));
}

void seedStores(const Seeds& seeds) {
    const fs::path file = folder() / "w.sqlite", archive = folder() / "one.skdruns";
    fillWorkspace(file);
    done(writeFileAtomically(folder() / "model.safetensors", "the model"));
    done(writeArchive({file,
                       {RunId(1)},
                       archive,
                       false,
                       {{1, {{"model.safetensors", folder() / "model.safetensors"}}}}}));
    for (const fs::path& each : {file, archive}) shrink(each);
    seeds.putFileOf("workspace", "newest", file);
    seeds.putFileOf("archive", "one-run", archive);
    for (const char* version : {"v1", "v2"}) {
        const fs::path old = folder() / version;
        test::RawDatabase{old}(made(
            readFile(fs::path(SKD_SOURCE_DIR) / "tests/fixtures/workspace" / version += ".sql")));
        shrink(old);
        seeds.putFileOf("workspace", version, old);
        seeds.putFileOf("archive", version, old);
    }
}

void seedCurves(const Seeds& seeds) {
    const std::array rows{MetricRow{"kd.ce", 1, 2.5, 1'700'000'000'000},
                          MetricRow{"kd.ce", 2, 2.25, 1'700'000'001'000}};
    const std::string file = tensorboardFile(rows, 1'700'000'000'000);
    seeds.put("tensorboard", "file", "R" + file);
    std::string messages = "M";
    for (std::size_t at = 0; at + 16 < file.size();) {
        const auto length = static_cast<std::size_t>(static_cast<unsigned char>(file[at]));
        messages += file.substr(at + 12, length) + std::string(kPartsLine);
        at += 16 + length;
    }
    seeds.put("tensorboard", "messages", messages);
}

void seedCheckpoint(const Seeds& seeds) {
    const CheckpointFolder checkpoints(folder() / "run");
    done(checkpoints.save({3,
                           {{"best_step", 3}, {"note", "x"}},
                           {{"a", at::arange(6).to(at::kFloat).reshape({2, 3})},
                            {"b", at::ones({4}).to(at::kBFloat16)}}}));
    const fs::path step = checkpoints.stepPath(3);
    const std::string manifest = made(readFile(step / "manifest.json")),
                      tensors = made(readFile(step / "tensors.safetensors"));
    seeds.put("checkpoint", "as-written", strCat("R", manifest, kPartsLine, tensors));
    seeds.put("checkpoint", "sealed",
              strCat("S", dumpJson(made(parseJson(manifest)).at("content")), kPartsLine, tensors));
}

/// Its rows hold two entries and what they leave of a mass of 1.
std::string tinyBlock(const Corpus& corpus, const TeacherBlockShape& shape) {
    TeacherBlockWriter block(shape, 0, corpus.samples());
    for (std::int64_t sample = 0; sample < corpus.samples(); ++sample) {
        const auto rows = static_cast<std::size_t>(corpus.length(sample) - 1);
        std::vector<std::int32_t> ids;
        std::vector<float> logP, logZ(rows * kTemperatureGrid.size(), 0.25F);
        for (std::size_t row = 0; row < rows; ++row) {
            ids.insert(ids.end(), {static_cast<std::int32_t>(row), 9});
            logP.insert(logP.end(),
                        {std::log(0.5F), std::log(0.2F + 0.01F * static_cast<float>(sample))});
        }
        block.add(TeacherSampleRows{sampleHash(corpus, sample), ids, logP, logZ});
    }
    return block.finish();
}

void seedTeacherCache(const Seeds& seeds) {
    const Corpus corpus = tinyCorpus();
    const TeacherCacheKey key = tinyKey(corpus);
    const std::string block = tinyBlock(corpus, teacherBlockShape(corpus, key, kTinyVocabulary));
    const Json manifest{{"format", "sparsekd-teacher-cache"},
                        {"version", 1},
                        {"key", toJson(key)},
                        {"vocabulary", kTinyVocabulary},
                        {"mean_coverage", 0.7}};
    const fs::path path = folder() / "teacher.json";
    done(writeVerifiedJson(path, kTeacherManifest, manifest));
    const std::string written = made(readFile(path));
    seeds.put("teacher_cache", "as-written", strCat("R", written, kPartsLine, block));
    seeds.put("teacher_cache", "sealed", strCat("S", dumpJson(manifest), kPartsLine, block));
    putFile("cache/manifest.json", written);
    putFile("cache/block-00000.bin", block);
    const auto cache = made(TeacherCache::open(folder() / "cache", key, corpus));
    require(cache.refusedSamples() == 0, "the seed of the teacher cache is not sound");
}

void seedSpecs(const Seeds& seeds) {
    RunSpec spec;
    spec.schedule.rounds.resize(2);
    seeds.put("spec", "whole", strCat(dumpJson(toJson(spec)), kPartsLine, "prune.target=0.35"));
    seeds.put("spec", "little", R"({"model": {"path": "m"}, "distill": {"steps": 5}})");
    for (const char* name : {"table-1", "rank-sweep"}) {
        StudySpec study;
        study.name = name;
        study.grid = {{"prune.target", Json::array({0.2, 0.3})}};
        study.variants = {{"a"}, {"b", {{"teacher.path", "variant:a"}}}};
        seeds.put("study", name, dumpJson(toJson(study)));
    }
}

void makeSeeds(const Seeds& seeds) {
    seedStores(seeds);
    seedCurves(seeds);
    seedCheckpoint(seeds);
    seedTeacherCache(seeds);
    seedSpecs(seeds);
}

}  // namespace
}  // namespace skd::fuzz

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
        return 2;
    }
    skd::fuzz::makeSeeds({arguments[1]});
    return 0;
}
