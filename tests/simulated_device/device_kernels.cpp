#include "simulated_device/device_kernels.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <torch/library.h>

#include <set>

#include "simulated_device/device_ledger.h"
#include "simulated_device/device_tensors.h"

namespace skd::simulated {
namespace {

using c10::DispatchKey;

const std::set<std::string> kOwn{"aten::empty.memory_format",
                                 "aten::empty_strided",
                                 "aten::resize_",
                                 "aten::copy_",
                                 "aten::_copy_from",
                                 "aten::_copy_from_and_resize",
                                 "aten::_local_scalar_dense",
                                 "aten::set_.source_Storage_storage_offset",
                                 "aten::_fused_sdp_choice",
                                 "aten::mm.dtype",
                                 "aten::mm.dtype_out",
                                 "aten::addmm.dtype",
                                 "aten::addmm.dtype_out",
                                 "aten::_fused_rms_norm_backward"};

at::Tensor makeEmpty(at::IntArrayRef sizes, std::optional<at::ScalarType> type,
                     std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>,
                     std::optional<at::MemoryFormat> format) {
    return at::detail::empty_generic(sizes, &deviceAllocator(),
                                     c10::DispatchKeySet(DispatchKey::PrivateUse1),
                                     c10::dtype_or_default(type), format);
}

at::Tensor makeEmptyStrided(at::IntArrayRef sizes, at::IntArrayRef strides,
                            std::optional<at::ScalarType> type, std::optional<at::Layout>,
                            std::optional<at::Device>, std::optional<bool>) {
    return emptyOnDevice(sizes, strides, c10::dtype_or_default(type));
}

const at::Tensor& resize(const at::Tensor& self, at::IntArrayRef sizes,
                         std::optional<at::MemoryFormat>) {
    resizeOnDevice(self, sizes, c10::contiguous_strides(sizes));
    return self;
}

at::Tensor& setStorage(at::Tensor& self, at::Storage source, std::int64_t offset,
                       at::IntArrayRef sizes, at::IntArrayRef strides) {
    self.unsafeGetTensorImpl()->set_storage_keep_dtype(std::move(source));
    self.unsafeGetTensorImpl()->set_storage_offset(offset);
    resizeOnDevice(self, sizes, strides);
    return self;
}

/// Whether bytes can be moved as they lie.
bool isPlainCopy(const at::Tensor& to, const at::Tensor& from) {
    return to.scalar_type() == from.scalar_type() && to.sizes() == from.sizes() &&
           to.is_non_overlapping_and_dense() &&
           (to.strides() == from.strides() || (to.is_contiguous() && from.is_contiguous()));
}

/// What is not plain is converted and gathered on the device first, in memory of its own.
void copyToHost(const at::Tensor& to, const at::Tensor& from, bool waits) {
    at::Tensor staging;
    if (!isPlainCopy(to, from)) {
        staging = emptyOnDevice(to.sizes(), c10::contiguous_strides(to.sizes()), to.scalar_type());
        countLaunch("aten::copy_");
    }
    countToHost(static_cast<std::int64_t>(to.nbytes()), waits);
    OpenedTensors tensors;
    to.copy_(tensors.open(from));
}

/// Types are converted on the host, as CUDA does; into gaps values are spread by a kernel.
void copyToDevice(const at::Tensor& to, const at::Tensor& from) {
    at::Tensor staging;
    if (!to.is_non_overlapping_and_dense()) {
        staging = emptyOnDevice(to.sizes(), c10::contiguous_strides(to.sizes()), to.scalar_type());
        countLaunch("aten::copy_");
    }
    countToDevice(static_cast<std::int64_t>(to.nbytes()));
    OpenedTensors tensors;
    tensors.open(to).copy_(from);
}

at::Tensor& copy(at::Tensor& self, const at::Tensor& source, bool nonBlocking) {
    if (self.is_same(source) || self.numel() == 0) return self;
    const c10::impl::ExcludeDispatchKeyGuard noAutograd(
        c10::autograd_dispatch_keyset_with_ADInplaceOrView);
    if (!isOnDevice(self)) {
        copyToHost(self, source, !nonBlocking);
    } else if (!isOnDevice(source)) {
        copyToDevice(self, source);
    } else {
        countLaunch("aten::copy_");
        countOnDevice(static_cast<std::int64_t>(self.nbytes()));
        OpenedTensors tensors;
        tensors.open(self).copy_(tensors.open(source));
    }
    return self;
}

at::Tensor copyFrom(const at::Tensor& self, const at::Tensor& target, bool nonBlocking) {
    at::Tensor to = target;
    return copy(to, self, nonBlocking);
}

at::Tensor copyFromAndResize(const at::Tensor& self, const at::Tensor& target) {
    if (target.sizes() != self.sizes()) target.resize_(self.sizes());
    return copyFrom(self, target, false);
}

at::Scalar numberOf(const at::Tensor& self) {
    countToHost(static_cast<std::int64_t>(self.element_size()), true);
    OpenedTensors tensors;
    return tensors.open(self).item();
}

}  // namespace

bool hasOwnKernel(const std::string& operation) {
    return kOwn.contains(operation);
}

void registerOwnKernels(torch::Library& library) {
    library.impl("empty.memory_format", TORCH_FN(makeEmpty));
    library.impl("empty_strided", TORCH_FN(makeEmptyStrided));
    library.impl("resize_", TORCH_FN(resize));
    library.impl("set_.source_Storage_storage_offset", TORCH_FN(setStorage));
    library.impl("copy_", TORCH_FN(copy));
    library.impl("_copy_from", TORCH_FN(copyFrom));
    library.impl("_copy_from_and_resize", TORCH_FN(copyFromAndResize));
    library.impl("_local_scalar_dense", TORCH_FN(numberOf));
}

}  // namespace skd::simulated
