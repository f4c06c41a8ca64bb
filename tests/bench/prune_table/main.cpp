#include <chrono>
#include <cstdlib>
#include <iostream>

#include "base/files.h"
#include "base/process_environment.h"
#include "base/resources.h"
#include "base/text.h"
#include "corpus/corpus.h"
#include "eval/perplexity.h"
#include "library/model_source.h"
#include "prune/svd/prune.h"
#include "spec/json_reader.h"
#include "spec/run_spec.h"

namespace skd::bench {
namespace {

struct Options {
    std::string model = "SmolLM2-135M-Instruct", cache = "prune-table-cache", rows, only;
    std::vector<double> targets{0.05, 0.15, 0.35, 0.5, 0.65};
    std::int64_t threads = 0, tokens = 8192;
};

struct Row {
    std::string label;
    PruneSpec prune;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.field("label", self.label, FieldInfo{});
        visitor.group("prune", self.prune, "");
    }
};
struct RowList {
    std::vector<Row> rows;

    template <class Self, class Visitor>
    static void visitFields(Self& self, Visitor& visitor) {
        visitor.list("rows", self.rows, "");
    }
};

class Stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_begin).count();
    }

private:
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
};

/// One model, corpus and text behind all rows.
class Table {
public:
    explicit Table(Options options) : m_options(std::move(options)), m_cache(m_options.cache) {}

    Status run() {
        SKD_TRY(const std::string text, readFile(m_options.rows, 1 << 20));
        SKD_TRY(const Json json, parseJson(text));
        RowList list;
        SKD_CHECK(readSpec(Json{{"rows", json}}, "", list));
        SKD_CHECK(open());
        for (const Row& row : list.rows)
            if (row.label.find(m_options.only) != std::string::npos) SKD_CHECK(runRow(row));
        return {};
    }

private:
    Status open() {
        RunSpec spec;
        spec.model.path = m_options.model;
        spec.eval.maxTokens = m_options.tokens;
        setThreads(m_options.threads);
        SKD_TRY(m_model, openModel(spec.model));
        SKD_TRY(const std::filesystem::path resources, resourceFolder());
        SKD_TRY(m_corpus, buildCorpus(spec.corpus, static_cast<std::uint64_t>(spec.seed),
                                      *m_model.tokenizer, resources));
        SKD_TRY(m_text, loadEvalText(spec.eval, *m_model.tokenizer));
        SKD_TRY(m_settings,
                resolveSettings(spec.eval, m_text.addsBos, m_model.decoder.config.maxPositions));
        SKD_TRY(const double dense, measure(m_model.decoder));
        std::cout << "dense " << formatNumber(dense) << std::endl;
        return {};
    }

    Result<double> measure(const Decoder& model) const {
        SKD_TRY(const EvalReport report, perplexity(model, m_text, m_settings, {}));
        return report.perplexity;
    }

    Status runRow(const Row& row) {
        PruneSpec prune = row.prune;
        const Stopwatch analysing;
        SKD_TRY(const AnalysisResult analysis,
                analyse(m_model.decoder, prune, analysisInput(m_model.summary, *m_corpus, prune),
                        m_cache, {}));
        std::cout << row.label << " | analysis " << formatNumber(analysing.seconds(), 3) << " s"
                  << std::flush;
        for (const double target : m_options.targets) {
            prune.target = target;
            Decoder student = m_model.decoder;
            const Stopwatch pruning;
            SKD_TRY(const PruneReport report, skd::prune(student, prune, analysis, {}));
            const double seconds = pruning.seconds();
            SKD_TRY(const double result, measure(student));
            std::cout << " | " << formatNumber(100 * report.mlpRemoved, 3)
                      << " %: " << formatNumber(result, 4) << " (" << formatNumber(seconds, 3)
                      << " s)" << std::flush;
        }
        std::cout << std::endl;
        return {};
    }

    Options m_options;
    SpectrumCache m_cache;
    OpenModel m_model;
    std::optional<Corpus> m_corpus;
    EvalText m_text;
    EvalSettings m_settings;
};

std::vector<double> numbers(const std::string& text) {
    std::vector<double> values;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        values.push_back(std::strtod(text.substr(begin, end - begin).c_str(), nullptr));
        begin = end + 1;
    }
    return values;
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i], value = argv[i + 1];
        if (name == "--rows")
            options.rows = value;
        else if (name == "--model")
            options.model = value;
        else if (name == "--cache")
            options.cache = value;
        else if (name == "--only")
            options.only = value;
        else if (name == "--targets")
            options.targets = numbers(value);
        else if (name == "--threads")
            options.threads = std::stoll(value);
        else if (name == "--tokens")
            options.tokens = std::stoll(value);
    }
    return options;
}

}  // namespace
}  // namespace skd::bench

/// skd_prune_table --rows rows.json [--model NAME] [--targets 0.15,0.35] [--only TEXT] [--cache
/// DIR] [--threads N]: perplexity after each row's pruning, before distillation; protocol
/// paper-512-256 on the first 8,192 tokens of the WikiText-2 test split. Analyses are cached, one
/// per truncation.
int main(int argc, char** argv) {
    skd::prepareProcess(argv);
    const skd::bench::Options options = skd::bench::parse(argc, argv);
    if (options.rows.empty()) {
        std::cerr << "give --rows FILE, e.g. tests/bench/prune_table/rows.json\n";
        return 2;
    }
    const skd::Status status = skd::bench::Table(options).run();
    if (!status) std::cerr << status.error().message << "\n";
    return status ? 0 : 1;
}
