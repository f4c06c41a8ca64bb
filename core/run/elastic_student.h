#pragma once

#include "distill/elastic/elastic_sizes.h"
#include "distill/trainer.h"
#include "prune/svd/analyse.h"
#include "run/answers.h"
#include "run/run_work.h"

namespace skd {

/// An elastic run's student (resources/help/method.md, Elastic students): cut to all of its sizes
/// at once, measured at its nodes, written with its path.

/// Plans the path through the sizes of work.spec.elastic and turns `candidate`, which was analysed,
/// into an elastic model that holds them all, at its largest; work.path is the path from then on.
Result<PruneReport> cutToSizes(RunWork& work, Decoder& candidate, const AnalysisResult& analysis);

/// The student has the size that stands for the run; nothing where it is not elastic.
Status useSelectionNode(RunWork& work);

/// Sizes and ranks of the student; of an elastic one in the form that the run prices, at the size
/// it has, and at its largest.
PruneReport studentReport(const RunWork& work);
Result<PruneReport> reportAtLargest(RunWork& work);

/// What distillation trains; nothing where the student is not elastic.
std::optional<ElasticTraining> elasticTraining(const RunWork& work, const DistillSpec& spec);

/// Sizes and nodes of work.student as they are before anything is measured. It has the size of its
/// selection node afterwards.
Result<ElasticSummary> elasticSummary(RunWork& work);

/// When nodes are measured.
enum class NodeFigures { PreKd, PostKd };
/// Perplexities of the student at every node, in the run's state under `name` (of the selection
/// node) and "NAME@35"; metrics "METRIC@35". Stops the work when cancelled.
Status scoreNodes(RunWork& work, const Figure& figure, NodeFigures when, ElasticSummary& summary);

/// What the student answers at every node, as `of` in the run's record; a node that has answered is
/// not asked again. Stops the work when cancelled.
Status askNodes(RunWork& work, const ElasticSummary& summary, AnsweringModel of);

/// Energies of the trained factors, into `summary`; the run's state keeps them under `key`. Stops
/// the work when cancelled.
Status takeEnergies(RunWork& work, const std::string& key, ElasticSummary& summary);

/// Adds what training says: perplexities on the selection text, and draws by bin.
void takeTraining(const ElasticTraining& training, const DistillReport& report,
                  std::int64_t firstStep, ElasticSummary& summary);

/// Writes the student: an elastic one at its largest size, with its path and `summary`.
Status writeStudent(RunWork& work, const std::filesystem::path& path, const Json& about,
                    const std::optional<ElasticSummary>& summary);
/// SHA-256 of the student's weights, of an elastic one at its largest size.
Result<std::string> studentSha256(RunWork& work);
/// The path of a file that writeStudent has written, into work.path; nothing where it holds a model
/// of one size. Corrupt where it holds none that fits.
Status takePath(RunWork& work, const Json& elastic);

/// Continues the sizes of the elastic model that the run starts from, of whose file `elastic` is.
/// InvalidInput where elastic.largest and smallest lie outside of them.
Status takeSizesOf(RunWork& work, const Json& elastic);

/// The slice that stands for an elastic student where a model of one size is asked for, in the
/// run's form; the student itself where it is not elastic.
Result<Decoder> selectionSlice(RunWork& work);

}  // namespace skd
