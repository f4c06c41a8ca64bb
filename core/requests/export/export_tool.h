#pragma once

#include "events/run_context.h"
#include "spec/model_ref.h"
#include "spec/slice_choice.h"
#include "store/run_paths.h"

namespace skd {

/// How a model leaves the workbench.
enum class ExportFormat { Hf, HfDense, Gguf };
template <>
inline constexpr auto kNames<ExportFormat> = names<ExportFormat>({
    {ExportFormat::Hf, "hf"},
    {ExportFormat::HfDense, "hf-dense"},
    {ExportFormat::Gguf, "gguf"},
});

/// As which matrices are written; from Q8_0 on a type, or mix of types, of GGUF files alone.
enum class ExportType { Bf16, F16, F32, Q8_0, Q4_0, Q4_K_M, Q5_K_M, Q6_K };
template <>
inline constexpr auto kNames<ExportType> = names<ExportType>({
    {ExportType::Bf16, "bf16"},
    {ExportType::F16, "f16"},
    {ExportType::F32, "f32"},
    {ExportType::Q8_0, "q8_0"},
    {ExportType::Q4_0, "q4_0"},
    {ExportType::Q4_K_M, "q4_k_m"},
    {ExportType::Q5_K_M, "q5_k_m"},
    {ExportType::Q6_K, "q6_k"},
});
/// Which only GGUF files have.
constexpr bool isQuantised(ExportType type) {
    return type >= ExportType::Q8_0;
}

/// The program that an export is for, which decides its format.
enum class ExportTarget { Transformers, Vllm, LlamaCpp };
template <>
inline constexpr auto kNames<ExportTarget> = names<ExportTarget>({
    {ExportTarget::Transformers, "transformers"},
    {ExportTarget::Vllm, "vllm"},
    {ExportTarget::LlamaCpp, "llama.cpp"},
});

struct ExportRequest {
    ModelRef model;
    ExportFormat format = ExportFormat::Hf;
    std::optional<ExportTarget> target;  ///< where given, chooses the format: formatFor
    ExportType type = ExportType::Bf16;
    std::filesystem::path out;        ///< folder to make
    std::filesystem::path workspace;  ///< whose runs "run:12" names; "" = none
    bool replace = false;             ///< an export that lies there already
    SliceChoice slice = {};           ///< of an elastic run's model
    bool check = true;                ///< open it again before it appears: checkExport
};

/// Writes a model, its tokeniser, generation config and model card into a folder that appears only
/// when complete and, unless told otherwise, has been opened again (checkExport). `hf`: factors,
/// masks and narrowed layers as they are, with a modelling file for transformers and vLLM;
/// `hf-dense`: what the family's stock classes load; `gguf`: for llama.cpp. Returns what was
/// written, with "slice" of an elastic run's model, under "gain" what the format keeps or loses,
/// under "load_check" the tokens that agree, and as "commands" how to serve it from where it lies
/// ({"program", "command"}); nothing when cancelled. Unsupported, with the reason, for what a
/// format cannot express. Emits Stage::Export with progress in tensors.
Result<std::optional<Json>> exportModel(const ExportRequest& wanted, const RunContext& context);

}  // namespace skd
