#include <algorithm>

#include "base/table.h"
#include "base/text.h"
#include "requests/export/origin.h"
#include "requests/export/serving.h"
#include "spec/study_spec.h"
#include "store/measurement_codec.h"

namespace skd {
namespace {

/// What others have named must stay text: no markup, no row of its own.
std::string text(const Json& value) {
    if (value.is_string()) return markdownField(valueOr(value, ""));
    if (value.is_number_integer()) return groupDigits(valueOr(value, std::int64_t{0}));
    if (value.is_number_float()) return formatNumber(valueOr(value, 0.0), 6);
    return markdownField(dumpJson(value));
}

bool isSha256(const Json& value) {
    if (!value.is_string()) return false;
    const std::string hex = valueOr(value, "");
    return hex.size() == 64 && hex.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string row(const std::string& name, const Json& value) {
    return value.is_null() ? "" : strCat("| ", name, " | ", text(value), " |\n");
}

std::string shareRow(const std::string& name, const std::optional<double>& share) {
    return share ? row(name, Json(formatNumber(*share * 100, 4) + " %")) : "";
}

std::string frontMatter(const ExportOrigin& origin, const Json& record) {
    std::string block = "---\n";
    block +=
        strCat("library_name: ", memberOf(record, "format") == "gguf" ? "gguf" : "transformers",
               "\npipeline_tag: text-generation\ntags:\n- sparsekd\n",
               valueOr(record, "pruned", false) ? "- pruned\n" : "");
    if (!origin.licence.empty()) block += strCat("license: ", dumpJson(Json(origin.licence)), "\n");
    return block + "---\n";
}

std::string making(const ExportOrigin& origin) {
    if (!origin.lineage.is_object())
        return strCat("The weights of ", markdownField(origin.base),
                      " as they are, in another format.\n");
    std::string out = strCat("Made from ", markdownField(origin.base),
                             " by SparseKD Workbench.\n\n| run | name | from | method | control | "
                             "teacher |\n| --- | --- | --- | --- | --- | --- |\n");
    const Json chain = valueAt(origin.lineage, "chain");
    for (const Json& step : chain) {
        out += "|";
        for (const char* key : {"run", "name", "from", "method", "control", "teacher"})
            out += strCat(" ", text(valueAt(step, key)), " |");
        out += "\n";
    }
    const Json sha = valueAt(origin.lineage, "model_sha256");
    if (isSha256(sha))
        out += strCat("\nWeights of the base model: SHA-256 `", valueOr(sha, ""), "`.\n");
    return out;
}

/// Of a slice the sizes that its run has measured: its own may lie between two of them.
std::string figureRows(const ExportOrigin& origin) {
    std::string rows = row("base model", memberJson(origin.summary.densePpl));
    if (!origin.slice)
        return rows + row("after pruning", memberJson(origin.summary.postPrunePpl)) +
               row("after distillation", memberJson(origin.summary.postKdPpl));
    if (origin.summary.elastic)
        for (const ElasticNode& node : origin.summary.elastic->nodes)
            rows +=
                row(strCat("slice of the run with ", removedPercent(node.removed), " % removed"),
                    memberJson(node.postKdPpl));
    return rows;
}

std::string perplexities(const ExportOrigin& origin) {
    const Json protocol = valueAt(origin.spec, "eval.protocol");
    std::string rows = figureRows(origin);
    for (const TunedDense& tuned : origin.tunedDense)
        rows += row(strCat("dense model, trained instead of pruned (run ", tuned.run.value(), ", ",
                           markdownField(tuned.control), ")"),
                    Json(tuned.ppl));
    if (rows.empty()) return "Not measured, or not on record.\n";
    std::string out = strCat("| | perplexity |\n| --- | --- |\n", rows,
                             "\nProtocol: ", protocol.is_null() ? "not on record" : text(protocol));
    const Json file = valueAt(origin.spec, "eval.text"),
               tokens = valueAt(origin.spec, "eval.max_tokens");
    if (file.is_string()) out += strCat(", text ", text(file));
    if (tokens.is_number_integer() && tokens != 0)
        out += strCat(", first ", text(tokens), " tokens");
    for (const char* key : {"context", "stride"})
        if (const Json value = valueAt(origin.spec, strCat("eval.", key));
            value.is_number_integer() && value != 0)
            out += strCat(", ", key, " ", text(value));
    return out + ". These are the run's figures; another dtype changes them a little.\n";
}

/// Which size of an elastic run was asked: the one that stands for it, whatever the slice's own is.
std::string askedSize(const ExportOrigin& origin) {
    if (!origin.summary.elastic) return "";
    const double asked = origin.summary.elastic->selection;
    const bool own = origin.slice && !origin.slice->byRanks && origin.slice->asked == asked;
    return strCat(
        " The cut and the recovered model are the run's slice with ", removedPercent(asked),
        " % removed",
        origin.slice && !own ? ", not this one: of this size tasks are not measured." : ".");
}

/// A section where the run has asked its models any.
std::string publishedTasks(const ExportOrigin& origin) {
    std::string rows;
    for (const TaskScores& task : origin.summary.tasks)
        for (const auto& [model, outcomes] : task.models)
            for (const auto& [measure, values] : outcomes.measures)
                rows += strCat("| ", markdownField(task.task), " | ", markdownField(model), " | ",
                               markdownField(taskMeasureTitle(measure)), " | ",
                               measureText(taskMeasure(measure, values)), " | ",
                               groupDigits(task.documents), " | ", task.examples, " |\n");
    if (rows.empty()) return "";
    return strCat(
        "\n## Tasks\n| task | model | measure | value | documents | examples before each |\n"
        "| --- | --- | --- | --- | --- | --- |\n",
        rows, "\nBy the definitions of lm-evaluation-harness 0.4, ± a standard error.",
        askedSize(origin), "\n");
}

/// "30 Q4_K, 11 Q6_K", of a GGUF file; else null.
Json matrixTypesText(const Json& record) {
    std::vector<std::string> parts;
    const Json types = valueAt(record, "matrix_types");
    if (!types.is_object()) return {};
    for (const auto& [type, count] : types.items()) parts.push_back(strCat(text(count), " ", type));
    return joined(parts);
}

std::string size(const ExportOrigin& origin, const Json& record) {
    std::string out = "| | |\n| --- | --- |\n";
    for (const char* key : {"architecture", "layers", "parameters", "mlp_parameters",
                            "factored_matrices", "masked_weights", "dtype"})
        out += row(key, valueAt(record, key));
    out += row("types of matrices", matrixTypesText(record));
    if (const Json bytes = valueAt(record, "weight_bytes"); bytes.is_number())
        out += row("bytes as stored", Json(strCat(groupDigits(valueOr(bytes, std::int64_t{0})),
                                                  " (", formatBytes(valueOr(bytes, 0.0)), ")")));
    if (origin.slice)
        out += shareRow("removed of the matrices that were cut", origin.slice->removed);
    else
        out += shareRow("mlp_removed", origin.summary.mlpRemoved) +
               shareRow("parameters_removed", origin.summary.parametersRemoved);
    if (const Json tokens = valueAt(record, "load_check.tokens"); tokens.is_number_integer())
        out += row("greedy tokens that the written model gives as before",
                   Json(strCat(text(valueAt(record, "load_check.equal")), " of ", text(tokens))));
    if (const std::string gain = valueOr(record, "gain", ""); !gain.empty())
        out += strCat("\n", markdownField(gain), "\n");
    return out;
}

std::string milliseconds(const Spread& spread) {
    return strCat(formatNumber(spread.median, 4), " ms (", formatNumber(spread.low, 4), " to ",
                  formatNumber(spread.high, 4), ")");
}

/// What a run has timed at its end: of sizes the one that stands for it.
std::string timedName(const ExportOrigin& origin) {
    if (!origin.slice || !origin.summary.elastic) return "this";
    return strCat("slice with ", removedPercent(origin.summary.elastic->selection), " % removed");
}

/// What the run has timed, of the model it began with and the one it ended with.
std::string speed(const ExportOrigin& origin) {
    const auto report = readBenchmark(origin.summary.benchmark);
    if (!report || report->models.size() != 2) return "Not measured.\n";
    const auto &dense = report->models[0].cells, &pruned = report->models[1].cells;
    const std::string name = timedName(origin);
    std::string out = strCat("| batch | TTFT, base | TTFT, ", name, " | TPOT, base | TPOT, ", name,
                             " |\n| --- | --- | --- | --- | --- |\n");
    for (std::size_t i = 0; i < std::min(dense.size(), pruned.size()); ++i)
        out += strCat("| ", dense[i].batch, " | ", milliseconds(dense[i].ttftMs), " | ",
                      milliseconds(pruned[i].ttftMs), " | ", milliseconds(dense[i].tpotMs), " | ",
                      milliseconds(pruned[i].tpotMs), " |\n");
    return strCat(out, "\nMedian and quartiles of ", report->rounds,
                  " rounds, the models in turns, ", report->prompt, " tokens read and ",
                  report->generate, " generated, ", report->threads, " threads, ",
                  markdownField(report->dtype), " on ", markdownField(report->device),
                  ", by SparseKD Workbench's own decoder; other programs have other figures.\n");
}

/// Commands that end or serve by themselves: none asks and waits for an answer.
std::string usage(const Json& record) {
    std::string out;
    for (const ServeCommand& one : serveCommands(record, "."))
        out += strCat(out.empty() ? "" : "\n", "```", one.program == "transformers" ? "python" : "",
                      "\n", one.command, "\n```\n");
    if (memberOf(record, "format") == "hf")
        out +=
            "\n`modeling_sparsekd.py` of this folder is run as code: read it first. llama.cpp "
            "needs another export (`sparsekd export --for llama.cpp`).\n";
    return out;
}

std::string licence(const ExportOrigin& origin) {
    if (origin.licence.empty())
        return strCat("Not known: see the base model, ", markdownField(origin.base), ".\n");
    return strCat("That of the base model: ", markdownField(origin.licence), ".\n");
}

}  // namespace

std::string modelCard(const ExportOrigin& origin, const Json& record) {
    std::string card = strCat(frontMatter(origin, record), "\n# ", markdownField(origin.name),
                              "\n\n## How it was made\n", making(origin), "\n## Perplexity\n",
                              perplexities(origin), publishedTasks(origin), "\n## Size\n",
                              size(origin, record), "\n## Speed\n", speed(origin), "\n## Use\n",
                              usage(record), "\n## Licence\n", licence(origin));
    if (origin.spec.is_object())
        card += strCat("\n## Spec of the run\n```json\n", dumpJson(origin.spec, 2), "\n```\n");
    return escapeControls(card);
}

}  // namespace skd
