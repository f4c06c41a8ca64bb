#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace skd::simulated {

/// Random numbers of the device: those of a generator of the CPU.
class DeviceGenerator final : public c10::GeneratorImpl {
public:
    explicit DeviceGenerator(at::Generator host);
    [[nodiscard]] const at::Generator& host() const { return m_host; }

    void set_current_seed(std::uint64_t seed) override { m_host.set_current_seed(seed); }
    void set_offset(std::uint64_t offset) override { m_host.set_offset(offset); }
    std::uint64_t get_offset() const override { return m_host.get_offset(); }
    std::uint64_t current_seed() const override { return m_host.current_seed(); }
    std::uint64_t seed() override { return m_host.seed(); }
    void set_state(const c10::TensorImpl& state) override;
    c10::intrusive_ptr<c10::TensorImpl> get_state() const override;

private:
    DeviceGenerator* clone_impl() const override { return new DeviceGenerator(m_host.clone()); }
    at::Generator m_host;
};

/// The one that operators use which were given none.
const at::Generator& defaultGenerator();
at::Generator newGenerator();
/// The CPU's behind one of the device.
at::Generator hostGenerator(const at::Generator& generator);

}  // namespace skd::simulated
