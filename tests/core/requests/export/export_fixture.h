#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "core/model/tiny_model.h"
#include "requests/export/export_tool.h"
#include "support/temporary_folder.h"

namespace skd::test {

/// A tokenizer.json of 96 tokens: the visible ASCII characters, the space, and an end of text.
std::string tinyTokenizerJson();
/// It and its config into a model's folder.
void writeTinyTokenizer(const std::filesystem::path& folder);

/// A copy of a fixture model in `folder`, with that tokeniser; `config` is merged into its
/// config.json.
std::filesystem::path exportSource(const TemporaryFolder& folder, const std::string& fixture,
                                   const Json& config = Json::object());

/// exportModel without a workspace; the record, or a failed test.
Json exported(const std::filesystem::path& model, ExportFormat format, ExportType type,
              const std::filesystem::path& out);
/// The error of an export that must fail and leave nothing.
Error exportError(const ExportRequest& request);

/// Logits [vocabulary per token] of a fixed text, of a model file or folder in f32.
at::Tensor logitsOf(const std::filesystem::path& model);
at::Tensor logitsOf(const Decoder& model);

/// A decoder with factors in some matrices, identity blocks in some and a mask in others: the
/// weights of `dense` changed by all three.
Decoder factoredAndMasked(const Decoder& dense, std::int64_t rank);

/// Writes `decoder` as the folder that `--format hf` makes, without a tokeniser.
void writePrunedFolder(const Decoder& decoder, const std::filesystem::path& folder);

}  // namespace skd::test
