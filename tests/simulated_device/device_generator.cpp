#include "simulated_device/device_generator.h"

#include "simulated_device/simulated_device.h"

namespace skd::simulated {

DeviceGenerator::DeviceGenerator(at::Generator host)
    : GeneratorImpl(simulated::device(), c10::DispatchKeySet(c10::DispatchKey::PrivateUse1)),
      m_host(std::move(host)) {}

void DeviceGenerator::set_state(const c10::TensorImpl& state) {
    m_host.unsafeGetGeneratorImpl()->set_state(state);
}

c10::intrusive_ptr<c10::TensorImpl> DeviceGenerator::get_state() const {
    return m_host.unsafeGetGeneratorImpl()->get_state();
}

const at::Generator& defaultGenerator() {
    static const at::Generator generator = newGenerator();
    return generator;
}

at::Generator newGenerator() {
    return at::make_generator<DeviceGenerator>(
        at::make_generator<at::CPUGeneratorImpl>(c10::default_rng_seed_val));
}

at::Generator hostGenerator(const at::Generator& generator) {
    TORCH_CHECK(generator.device().type() == at::kPrivateUse1, "a generator of ",
                generator.device(), " cannot draw on the simulated device");
    return static_cast<DeviceGenerator*>(generator.unsafeGetGeneratorImpl())->host();
}

}  // namespace skd::simulated
