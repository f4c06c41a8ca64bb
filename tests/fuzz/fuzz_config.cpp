// A model's config.json, and the config in our own model files.
#include "base/json.h"
#include "formats/gguf_file.h"
#include "fuzz/fuzz_target.h"
#include "model/config/config_warnings.h"

namespace skd::fuzz {

void tryInput(std::string_view input) {
    const auto json = parseJson(input);
    if (!json) return;
    static_cast<void>(modelConfigFromJson(*json));
    const auto config = parseHuggingFaceConfig(*json);
    if (!config) return;
    static_cast<void>(configWarnings(*json, *config));
    static_cast<void>(config->parameterCount());
    const Json kept = toJson(*config);
    const auto again = modelConfigFromJson(kept);
    require(again.has_value(), "a config that was read cannot be read back");
    require(toJson(*again) == kept, "a config is another one once it was written and read");
}

}  // namespace skd::fuzz
