#pragma once

#include "base/json.h"
#include "store/run_paths.h"
#include "support/temporary_folder.h"

namespace skd::test {

/// What the cases of spec fields run on: the models of spec_effect_models.h, a text and times of
/// matrices; and the plain spec that each of them changes.
class EffectWorld {
public:
    EffectWorld();

    [[nodiscard]] std::filesystem::path path() const { return m_folder.path(); }
    /// A workspace's folder, with the times that stand for this machine's.
    [[nodiscard]] RunPaths workspace(const std::string& name) const;
    /// `text` with MODELS, which stands for the folder that the cases' files lie in, replaced.
    [[nodiscard]] std::string placed(std::string text) const;
    /// A run of a third of a second or so, of the model `sound`.
    [[nodiscard]] Json base() const;
    /// What a run says: stages, metrics, ranks, summary (without times), files; "error" alone where
    /// it fails.
    static Json outcomeOf(const Json& spec, const RunPaths& paths, std::int64_t id);

private:
    TemporaryFolder m_folder;
};

}  // namespace skd::test
