#pragma once

#include "base/record.h"

/// How models do on a task that people publish, document by document. Plain results: no tensors.
namespace skd {

// What is counted of a document. Accuracies and exact matches are 0 or 1.
constexpr const char *kAccuracy = "acc", *kAccuracyByCharacters = "acc_norm",
                     *kAccuracyByBytes = "acc_bytes", *kLogLikelihood = "log_likelihood",
                     *kStrictMatch = "exact_match,strict-match",
                     *kFlexibleMatch = "exact_match,flexible-extract";

/// One model's, a value for every document of each measure.
struct TaskOutcomes {
    NamedValues<std::vector<double>> measures;
    Json document = {};
    bool operator==(const TaskOutcomes&) const = default;

    /// The values of a measure, or null.
    [[nodiscard]] const std::vector<double>* find(const std::string& measure) const;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("measures", self.measures, {});
    }
};

/// A task, and what several models made of the same documents.
struct TaskScores {
    std::string task, file, sha256;  ///< name; the documents' file and its hash
    std::int64_t documents = 0;      ///< that were asked
    std::int64_t examples = 0;       ///< before each document
    NamedValues<TaskOutcomes> models;
    Json document = {};
    bool operator==(const TaskScores&) const = default;

    /// The outcomes of a model, or null.
    [[nodiscard]] const TaskOutcomes* find(const std::string& model) const;

    static void visitFields(auto& self, auto& visitor) {
        visitor.field("task", self.task, {});
        visitor.field("file", self.file, {});
        visitor.field("sha256", self.sha256, {});
        visitor.field("documents", self.documents, {});
        visitor.field("examples", self.examples, {});
        visitor.field("models", self.models, {});
    }
};

/// A measure over all documents.
struct TaskMeasure {
    double value = 0;          ///< NaN of no documents
    double standardError = 0;  ///< NaN below two documents
};
/// The mean, and as its standard error the sample's standard deviation / sqrt(documents), as
/// lm-evaluation-harness has it (mean_stderr). Of kLogLikelihood the perplexity exp(-mean), whose
/// standard error is that of the mean times the perplexity (delta method).
TaskMeasure taskMeasure(const std::string& measure, const std::vector<double>& values);
/// What a measure is called: "perplexity" of kLogLikelihood, else its own name.
std::string taskMeasureTitle(const std::string& measure);

/// Two models on the same documents.
struct TaskDifference {
    double mean = 0;       ///< of the values' differences, after - before
    double halfWidth = 0;  ///< of its 95 % interval, paired by document: Student's t
    /// Documents that only one of them answers right; 0 of measures that are not 0 or 1.
    std::int64_t lost = 0, won = 0;
    /// McNemar's exact test of these, two-sided; NaN of measures that are not 0 or 1.
    double pValue = 0;
};
/// NaN where the numbers of values differ.
TaskDifference taskDifference(const std::vector<double>& before, const std::vector<double>& after);

/// How probable it is that `lost` + `won` fair coins fall at least as unequally: McNemar's exact
/// test, two-sided (Psychometrika 12, 1947); 1 of none.
double mcNemarExact(std::int64_t lost, std::int64_t won);

/// "0.412 ± 0.005", three decimals of values below 10; without an error where it is not known.
std::string measureText(const TaskMeasure& measure);
/// "-0.012 ± 0.020, p = 0.042" ("p < 0.001"); "–" where it is not known.
std::string differenceText(const TaskDifference& difference);

/// {"value", "standard_error"} and {"mean", "half_width", "lost", "won", "p_value"}.
Json toJson(const TaskMeasure& measure);
Json toJson(const TaskDifference& difference);

}  // namespace skd
