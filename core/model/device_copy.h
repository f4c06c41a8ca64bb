#pragma once

#include <ATen/ATen.h>

#include <vector>

/// Copies between host and device in as few calls as can be: each costs a wait, whatever its size.
namespace skd {

/// The host's tensors on `device`, in one copy (not waited for where the memory can be pinned);
/// they share its storage. Undefined ones stay undefined; on the CPU all are returned as they are.
std::vector<at::Tensor> uploadTogether(const std::vector<at::Tensor>& host, at::Device device);

/// A device's tensors on the host, contiguous, in one copy; on the CPU as they are.
std::vector<at::Tensor> downloadTogether(const std::vector<at::Tensor>& tensors);

/// The two halves of an upload: the values one after the other [bytes], each where any type may
/// begin; and views of such bytes, wherever they lie, in the types and sizes of `like`.
at::Tensor packValues(const std::vector<at::Tensor>& host, bool pinned);
std::vector<at::Tensor> unpackValues(const at::Tensor& packed, const std::vector<at::Tensor>& like);

}  // namespace skd
