#pragma once

#include <filesystem>
#include <memory>

#include "library/elastic_slice.h"
#include "library/model_identity.h"
#include "model/device_table.h"
#include "model/files/model_loader.h"
#include "spec/model_ref.h"
#include "store/run_paths.h"
#include "tokenizer/tokenizer.h"

namespace skd {

/// MODEL as users write it: a folder, models--ORG--NAME of the Hugging Face cache (hubSnapshot), a
/// .gguf file, or a name under .deps/models (looked for
/// beside the working folder, the executable and in the user's data folder; $SPARSEKD_MODELS comes
/// first).
Result<std::filesystem::path> resolveModelPath(const std::string& model);

/// The tokeniser that belongs to a model path: tokenizer.json of a folder, vocabulary of a GGUF
/// file. A folder may hold nothing but a tokenizer.json.
Result<std::shared_ptr<const Tokenizer>> openTokenizer(const std::filesystem::path& path);

/// A model ready to work with, on the engine thread.
struct OpenModel {
    Decoder decoder;
    std::shared_ptr<const Tokenizer> tokenizer;
    ModelSummary summary;
    Json about;  ///< where a run's model comes from; null for other models
    ModelIdentity identity;
    std::optional<SliceRecord> slice = {};  ///< of an elastic run: at which size
    Json elastic = {};                      ///< of a whole one: what its file keeps of its sizes
};
/// `ref.path` may also name a model of a run ("run:12", "run:12@40", of an elastic one
/// "run:12@42%") of the workspace whose files lie under `runs`; without them such a reference is
/// refused. The model is of one size (openOneSize); `choice` is for elastic runs alone. Its form
/// elastic stands for the whole run (openAllSizes), not for a slice.
Result<OpenModel> openModel(const ModelRef& ref, const RunPaths* runs = nullptr,
                            const SliceChoice& choice = {});

/// What is known of a model without reading its weights.
struct ModelOutline {
    ModelConfig config;
    std::shared_ptr<const Tokenizer> tokenizer;
};
/// Of what openModel opens.
Result<ModelOutline> outlineOf(const std::string& model, const RunPaths* runs = nullptr);

/// Sets LibTorch's thread count (0 = all cores) and returns it.
int setThreads(std::int64_t threads);
/// The entry of the device table that a choice stands for; error when cuda is asked for and
/// LibTorch sees none.
Result<ComputeDevice> resolveDevice(DeviceChoice choice);
/// Device, type of weights and of arithmetic that a reference stands for on this machine; of dtype
/// auto on the CPU by computeProbe.
Result<LoadOptions> loadOptions(const ModelRef& ref);

ModelSummary summarise(const Decoder& decoder, const std::filesystem::path& path,
                       const std::string& storedAs);

}  // namespace skd
