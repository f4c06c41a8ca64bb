// Memory that runs out at any allocation ends what was begun with an error or std::bad_alloc, which
// the jobs catch; never the process, and never a workspace that cannot be opened again.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <new>

#include "base/text.h"
#include "corpus/corpus.h"
#include "fault/alloc/failing_new.h"
#include "spec/run_spec.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"
#include "tokenizer/tokenizer.h"

namespace skd::test {
namespace {

/// How a child ended its work.
enum Ending { kHandled = 0, kNotReached = 10, kForeignException = 11, kNoWords = 12 };

/// In a child of its own, `body` with its `number`-th allocation failing.
Ending workWithFailure(long number, const std::function<Status()>& body) {
    failAllocation(number);
    Ending ending = kHandled;
    try {
        const Status status = body();
        if (!stopFailing()) return status ? kNotReached : kNoWords;
        if (!status && status.error().message.empty()) ending = kNoWords;
    } catch (const std::bad_alloc&) {
        stopFailing();
    } catch (...) {
        stopFailing();
        ending = kForeignException;
    }
    return ending;
}

int tryInChild(long number, const std::function<Status()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
        std::_Exit(workWithFailure(number, body));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

/// Every allocation of `body` up to the 50th, then ever fewer, until all have been
/// reached; `check` looks at what each child left.
void failEach(const std::function<Status()>& body, const std::function<void()>& check = {}) {
    int tried = 0;
    for (long number = 1;; number += 1 + (number > 50 ? number / 20 : 0), ++tried) {
        const int status = tryInChild(number, body);
        ASSERT_TRUE(WIFEXITED(status))
            << "allocation " << number << " ends the process by signal " << WTERMSIG(status);
        if (WEXITSTATUS(status) == kNotReached) break;
        ASSERT_EQ(WEXITSTATUS(status), kHandled) << "allocation " << number;
        if (check) check();
        if (testing::Test::HasFailure()) FAIL() << "after allocation " << number;
    }
    EXPECT_GT(tried, 20) << "the body has to allocate";
}

Status recordRun(const std::filesystem::path& file) {
    SKD_TRY(const auto writer, RunWriter::open(file));
    SKD_TRY(const RunId run, writer->createRun("one", toJson(RunSpec()), "hash"));
    SKD_CHECK(writer->markStarted(run, Json{{"threads", 1}}));
    writer->appendMetrics(run, {{"kd.ce", 1, 2.5, 7}, {"kd.ce", 2, 2.25, 8}});
    SKD_CHECK(writer->saveRanks(run, {{"model.layers.0.mlp.up_proj", 12}}));
    SKD_CHECK(writer->appendEvent(run, "checkpoint", Json{{"step", 2}}));
    SKD_CHECK(writer->flush());
    SKD_CHECK(writer->markStatus(run, RunStatus::Completed, "steps", {}));
    SKD_TRY(const auto store, RunStore::open(file));
    SKD_TRY(const auto rows, store->runs());
    SKD_TRY(const Series series, store->series(rows.front().id, "kd.ce"));
    return series.values.size() == 2 ? Status() : fail(ErrorCode::Internal, "values are missing");
}

TEST(Allocations, AStringIsWholeOrNone) {
    failAllocation(1);
    EXPECT_THROW(strCat("PRAGMA user_version = ", 3, " and what else there is"), std::bad_alloc);
    EXPECT_TRUE(stopFailing());
}

TEST(Allocations, ASpecIsParsedOrRefused) {
    const std::string text = dumpJson(toJson(RunSpec()));
    failEach([&]() -> Status {
        SKD_TRY(const Json json, parseJson(text));
        SKD_TRY(const RunSpec spec, parseRunSpec(json));
        return validate(spec);
    });
}

TEST(Allocations, AStoreThatRecordedARunOpensAgain) {
    const TemporaryFolder folder;
    int number = 0;
    std::filesystem::path file;
    const auto next = [&] { file = folder / strCat("w", number++, ".sqlite"); };
    next();
    failEach([&] { return recordRun(file); },
             [&] {
                 const auto writer = RunWriter::open(file);
                 ASSERT_TRUE(writer) << writer.error().message;
                 const auto store = RunStore::open(file);
                 ASSERT_TRUE(store) << store.error().message;
                 EXPECT_TRUE((*store)->runs());
                 next();
             });
}

TEST(Allocations, ATokeniserReadsOrRefuses) {
    const std::string text = readBytes(std::string(SKD_FIXTURES) + "/tokenizer/smollm.json");
    failEach([&]() -> Status {
        SKD_TRY(const auto tokenizer, Tokenizer::fromJson(text));
        SKD_TRY(const auto ids, tokenizer->encode("Hello world, it's 12345 \u00e9t\u00e9\n"));
        return tokenizer->decode(ids).empty() ? fail(ErrorCode::Internal, "no text") : Status();
    });
}

TEST(Allocations, ACorpusIsReadOrRefused) {
    const TemporaryFolder folder;
    std::string rows;
    for (int i = 0; i < 12; ++i) rows += strCat("{\"text\":\"document ", i, " of a few words\"}\n");
    CorpusSpec spec;
    spec.shares = {{"a", folder.write("a.jsonl", rows).string()}};
    spec.sequenceLength = 8;
    spec.samples = 4;
    const auto tokenizer = Tokenizer::fromJsonFile(std::filesystem::path(SKD_FIXTURES) /
                                                   "models/workbench/tokenizer.json");
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    failEach([&]() -> Status {
        SKD_TRY(
            const Corpus corpus,
            buildCorpus(spec, 7, **tokenizer, std::filesystem::path(SKD_SOURCE_DIR) / "resources"));
        return corpus.samples() == 4 ? Status() : fail(ErrorCode::Internal, "samples are missing");
    });
}

}  // namespace
}  // namespace skd::test
