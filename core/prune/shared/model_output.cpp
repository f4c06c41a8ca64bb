#include "prune/shared/model_output.h"

#include <c10/core/GradMode.h>

namespace skd {

ModelOutput outputOf(const Decoder& model, const std::vector<at::Tensor>& sequences) {
    const c10::NoGradGuard noGradient;
    std::vector<at::Tensor> rows;
    for (const at::Tensor& ids : sequences)
        rows.push_back(model.hiddenStates(ids.to(model.device()).unsqueeze(0))[0]);
    return {at::cat(rows, 0), model.head};
}

}  // namespace skd
