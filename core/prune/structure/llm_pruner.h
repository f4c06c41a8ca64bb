#pragma once

#include "prune/shared/gram.h"
#include "prune/shared/prune_report.h"

namespace skd {

/// Importance of every MLP channel (a row of gate, the row of up and the column of down that belong
/// together) from gradients g of the next-token loss, [intermediate] f64 per layer (LLM-Pruner,
/// arXiv 2305.11627, section 3.2): Taylor sums |w g| over the channel's weights, g of the mean
/// loss; Fisher sums w^2 g^2 / 2, averaged over sequences, g of each one's mean loss. Takes 4 bytes
/// per MLP weight. Empty when cancelled; Unsupported for factored matrices, Numeric where gradients
/// are not finite.
Result<std::vector<at::Tensor>> channelImportance(const Decoder& model,
                                                  ChannelImportance importance,
                                                  const CalibrationSet& calibration,
                                                  const RunContext& context);

/// Removes the least important channels, the same share of every layer that spec.locked holds no
/// MLP matrix of (the paper's default), so that spec.target of the reference's MLP parameters is
/// gone; what stays is a multiple of rank_multiple, rounded down. Returns {"importance", "scope",
/// "channels"}.
Result<Json> pruneLlmPruner(Decoder& model, const PruneSpec& spec,
                            const CalibrationSet& calibration, const DenseReference& reference,
                            const RunContext& context);

}  // namespace skd
