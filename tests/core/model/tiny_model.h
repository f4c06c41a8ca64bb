#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "model/decoder.h"

namespace skd::test {

std::filesystem::path modelFixture(const std::string& name);

/// Tensors of a safetensors file, f32 or int64 as stored.
std::map<std::string, at::Tensor> loadTensors(const std::filesystem::path& path);

struct TinyShape {
    std::int64_t vocabulary = 64, hidden = 32, intermediate = 48, layers = 2, heads = 4,
                 keyValueHeads = 2, headDim = 8;
};
/// A llama decoder with seeded random weights, f32.
Decoder tinyDecoder(std::uint64_t seed, const TinyShape& shape = {});

/// The identity block of random factors, f32; the seed is LibTorch's.
IdentityBlockWeight randomBlock(std::int64_t rows, std::int64_t columns, std::int64_t rank);

/// Random components, f32, all in use; the seed is LibTorch's.
ElasticWeight randomElastic(std::int64_t rows, std::int64_t columns, std::int64_t cap);

/// tinyDecoder with every matrix of its MLPs elastic, all of `cap` components in use.
Decoder tinyElastic(std::uint64_t seed, std::int64_t cap, const TinyShape& shape = {});

/// max |a - b| / max |b|
double relativeError(const at::Tensor& a, const at::Tensor& b);

}  // namespace skd::test
