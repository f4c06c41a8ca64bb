#include "simulated_device/device_tensors.h"

#include <ATen/EmptyTensor.h>

#include <algorithm>
#include <cstring>

#include "simulated_device/device_memory.h"
#include "simulated_device/simulated_device.h"

namespace skd::simulated {
namespace {

class DeviceAllocator final : public c10::Allocator {
public:
    c10::DataPtr allocate(std::size_t bytes) override {
        void* address = DeviceMemory::instance().allocate(bytes);
        return {address, address, &release, device()};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void* to, const void* from, std::size_t bytes) const override {
        const DeviceMemory& memory = DeviceMemory::instance();
        std::memcpy(memory.opened(to), memory.opened(from), bytes);
    }

private:
    static void release(void* address) { DeviceMemory::instance().release(address); }
};

at::Tensor viewOn(const c10::Storage& storage, c10::DispatchKey key, const at::Tensor& like) {
    at::Tensor view = at::detail::make_tensor<c10::TensorImpl>(
        c10::Storage(storage), c10::DispatchKeySet(key), like.dtype());
    view.unsafeGetTensorImpl()->set_storage_offset(like.storage_offset());
    view.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides());
    return view;
}

}  // namespace

void checkOnDevice(const char* operation, std::initializer_list<at::Tensor> tensors) {
    for (const at::Tensor& tensor : tensors)
        TORCH_CHECK(!tensor.defined() || isOnDevice(tensor), operation, ": an argument of shape ",
                    tensor.sizes(), " lies on ", tensor.device(),
                    ", others on the simulated device");
}

c10::Allocator& deviceAllocator() {
    static DeviceAllocator allocator;
    return allocator;
}

at::Tensor emptyOnDevice(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type) {
    return at::detail::empty_strided_generic(sizes, strides, &deviceAllocator(),
                                             c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                             type);
}

void resizeOnDevice(const at::Tensor& tensor, at::IntArrayRef sizes, at::IntArrayRef strides) {
    c10::TensorImpl* impl = tensor.unsafeGetTensorImpl();
    const std::size_t needed =
        at::detail::computeStorageNbytes(sizes, strides, tensor.dtype().itemsize(),
                                         static_cast<std::size_t>(impl->storage_offset()));
    const c10::Storage& storage = tensor.storage();
    if (needed > storage.nbytes()) {
        c10::DataPtr grown = deviceAllocator().allocate(needed);
        if (storage.nbytes() > 0)
            deviceAllocator().copy_data(grown.get(), storage.data(), storage.nbytes());
        storage.set_data_ptr_noswap(std::move(grown));
        storage.set_nbytes(needed);
    }
    impl->set_sizes_and_strides(sizes, strides);
}

at::Tensor OpenedTensors::open(const at::Tensor& tensor) {
    if (!isOnDevice(tensor)) return tensor;
    const auto known = std::ranges::find_if(m_pairs, [&](const Pair& pair) {
        return pair.onDevice.storage().unsafeGetStorageImpl() ==
               tensor.storage().unsafeGetStorageImpl();
    });
    if (known != m_pairs.end()) return viewOn(known->opened, c10::DispatchKey::CPU, tensor);
    const c10::Storage& storage = tensor.storage();
    void* address = DeviceMemory::instance().opened(storage.data());
    c10::Storage opened(c10::Storage::use_byte_size_t(), storage.nbytes(),
                        c10::DataPtr(address, at::kCPU), nullptr, false);
    m_pairs.push_back({tensor, opened});
    return viewOn(opened, c10::DispatchKey::CPU, tensor);
}

at::Tensor OpenedTensors::close(const at::Tensor& result) const {
    if (!result.defined()) return result;
    const void* address = result.storage().data();
    const auto source = std::ranges::find_if(m_pairs, [&](const Pair& pair) {
        return address != nullptr && pair.opened.data() == address;
    });
    if (source != m_pairs.end())
        return viewOn(source->onDevice.storage(), c10::DispatchKey::PrivateUse1, result);
    const at::Tensor dense = result.is_non_overlapping_and_dense() ? result : result.contiguous();
    const at::Tensor copy = emptyOnDevice(dense.sizes(), dense.strides(), dense.scalar_type());
    openedTensor(copy).copy_(dense);
    return copy;
}

at::Tensor openedTensor(const at::Tensor& tensor) {
    OpenedTensors opened;
    return opened.open(tensor);
}

}  // namespace skd::simulated
