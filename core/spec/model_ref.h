#pragma once

#include "base/fields.h"

namespace skd {

/// Auto: weights as they are stored (16 bits or fewer as bf16), arithmetic in what this machine
/// multiplies faster. The others: weights and arithmetic in that type.
enum class DTypeChoice { Auto, Bf16, F32 };
template <>
inline constexpr auto kNames<DTypeChoice> = names<DTypeChoice>({"auto", "bf16", "f32"});

enum class DeviceChoice { Auto, Cpu, Cuda };
template <>
inline constexpr auto kNames<DeviceChoice> = names<DeviceChoice>({"auto", "cpu", "cuda"});

inline constexpr std::int64_t kMostThreads = 1024;

/// Which model a run starts from, and how it is held.
struct ModelRef {
    std::string path = "SmolLM2-135M-Instruct";
    DTypeChoice dtype = DTypeChoice::Auto;
    DeviceChoice device = DeviceChoice::Auto;
    std::int64_t threads = 0;

    bool operator==(const ModelRef&) const = default;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("path", self.path,
                      {"Hugging Face folder, .gguf file, or a name under .deps/models"});
        visitor.field("dtype", self.dtype,
                      {"type of weights and arithmetic; auto keeps weights as they are stored and "
                       "computes in bf16 where this machine is faster in it, else in f32"});
        visitor.field("device", self.device, {"auto uses a GPU where LibTorch sees one"});
        visitor.field("threads", self.threads,
                      {"CPU threads; 0 uses all cores", "", 0, kMostThreads});
    }
};

}  // namespace skd
