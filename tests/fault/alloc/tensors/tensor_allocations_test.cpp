// Memory that LibTorch does not get, at any place of a run, ends the run with words that help, and
// the run then continues to the model of one that was never disturbed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <optional>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "fault/alloc/tensors/failing_tensors.h"
#include "run/session.h"
#include "store/run_paths.h"
#include "store/run_store.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

constexpr auto kLimit = std::chrono::seconds(300);

/// How a run ended: an error, or none.
class EndSink final : public EventSink {
public:
    void emit(Event event) override {
        const std::lock_guard lock(m_mutex);
        if (const auto* failed = std::get_if<RunFailed>(&event)) m_end = fail(failed->error);
        if (const auto* finished = std::get_if<RunFinished>(&event)) {
            m_end = Status();
            if (finished->outcome != Outcome::Completed)
                m_end = fail(ErrorCode::Internal, "the run was cancelled");
        }
        m_arrived.notify_all();
    }
    Status wait() {
        std::unique_lock lock(m_mutex);
        if (!m_arrived.wait_for(lock, kLimit, [&] { return m_end.has_value(); }))
            return fail(ErrorCode::Internal, "the run did not end");
        return *m_end;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_arrived;
    std::optional<Status> m_end;
};

/// One sample a step: what is too large for memory is not halved, which would give other bits.
RunSpec memorySpec() {
    RunSpec spec;
    spec.model.path = std::string(SKD_FIXTURES) + "/models/workbench";
    spec.model.threads = 1;
    spec.corpus.shares = smallShares();
    spec.corpus.sequenceLength = 32;
    spec.corpus.samples = 12;
    spec.prune.rankMultiple = 4;
    spec.prune.target = 0.3;
    spec.prune.calibrationTokens = 96;
    spec.prune.probeTokens = 32;
    spec.refine.passes = 1;
    spec.distill.steps = 3;
    spec.distill.batch = 1;
    spec.distill.warmup = 1;
    spec.distill.evalEvery = 2;
    spec.distill.checkpointEvery = 2;
    spec.eval.maxTokens = 128;
    spec.eval.liveTokens = 64;
    spec.eval.context = 64;
    spec.eval.answerTokens = 4;
    return spec;
}

std::filesystem::path workspaceIn(const std::filesystem::path& folder) {
    return folder / "w.sqlite";
}

/// Starts the run of a new workspace, or continues the one of an old.
Status workOn(const std::filesystem::path& folder) {
    const bool isNew = !std::filesystem::exists(workspaceIn(folder));
    SKD_TRY(const auto session, makeSession({workspaceIn(folder), "", 1}));
    const auto sink = std::make_shared<EndSink>();
    session->subscribe(sink);
    if (isNew) {
        if (const auto run = session->start(memorySpec()); !run) return fail(run.error());
    } else {
        SKD_CHECK(session->resumeRun(RunId(1)));
    }
    const Status end = sink->wait();
    stopFailingTensors();  // before the session ends: what follows is another run's
    return end;
}

/// What the run of a folder computed, as text to compare.
Result<std::string> recordOf(const std::filesystem::path& folder) {
    SKD_TRY(const auto store, RunStore::open(workspaceIn(folder)));
    SKD_CHECK(store->verify(RunId(1)));
    SKD_TRY(const RunDetails details, store->details(RunId(1)));
    SKD_TRY(const Series loss, store->series(RunId(1), "kd.loss"));
    SKD_TRY(const Series live, store->series(RunId(1), "ppl.live"));
    SKD_TRY(const std::string model,
            sha256File(RunPaths::of(workspaceIn(folder)).run(RunId(1)) / "model.safetensors"));
    return dumpJson({{"status", static_cast<int>(details.row.status)},
                     {"dense", details.row.densePpl},
                     {"cut", details.row.postPrunePpl},
                     {"recovered", details.row.postKdPpl},
                     {"removed", details.row.mlpRemoved},
                     {"loss", loss.values},
                     {"live", live.values},
                     {"model", model}});
}

/// What is wrong with the words of a run that memory ended; "" where nothing is.
std::string faultOf(const Error& error) {
    if (error.code != ErrorCode::OutOfMemory) return strCat("not told as memory: ", error.message);
    for (const char* unclear : {"LibTorch failed", "Exception raised", "std::", "terminate", "\n"})
        if (error.message.find(unclear) != std::string::npos)
            return strCat("unclear words: ", error.message);
    return error.message.find("use a") == std::string::npos
               ? strCat("no word on what to do: ", error.message)
               : "";
}

/// What is wrong with a run whose memory ends at `number`; "" where nothing is.
std::string tryFailure(const std::filesystem::path& folder, long number, bool fromThere,
                       const std::string& expected) {
    failTensors(number, fromThere);
    const Status end = workOn(folder);
    if (!end) {
        if (std::string fault = faultOf(end.error()); !fault.empty()) return fault;
        if (const Status resumed = workOn(folder); !resumed)
            return strCat("it cannot be resumed: ", resumed.error().message);
    }
    const auto record = recordOf(folder);
    if (!record) return record.error().message;
    return *record == expected
               ? ""
               : strCat(end ? "it passes over the failure, but gives " : "resumed it gives ",
                        *record, " instead of ", expected);
}

/// In a child of its own, so that one that dies says which number killed it. Its words are in
/// FOLDER.words.
std::string inChild(const std::filesystem::path& folder, const std::function<std::string()>& body) {
    std::filesystem::create_directories(folder);
    const std::string words = folder.string() + ".words";
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
        std::ofstream(words) << body() << std::flush;
        std::_Exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    if (!WIFEXITED(status)) return strCat("it ends the process by signal ", WTERMSIG(status));
    if (WEXITSTATUS(status) != 0) return strCat("it exits ", WEXITSTATUS(status));
    return readBytes(words);
}

/// The first 5, then as many as asked for at equal distances; all where SKD_ALLOCATIONS says so.
std::set<long> numbersOf(long count, long wanted) {
    if (const char* all = std::getenv("SKD_ALLOCATIONS"); all != nullptr)
        wanted = std::string_view(all) == "all" ? count : std::strtol(all, nullptr, 10);
    std::set<long> numbers;
    for (long i = 1; i <= std::min(count, 5L); ++i) numbers.insert(i);
    for (long i = 0; i < wanted; ++i) numbers.insert(1 + i * count / wanted);
    return numbers;
}

TEST(TensorAllocations, TheNthEndsARunInWordsAndItIsResumed) {
    setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
    (void)smallShares();  // made once, not in each child
    const TemporaryFolder folder;
    const auto undisturbed = [&](const char* name) {
        return inChild(folder / name, [&]() -> std::string {
            failTensors(0);  // counts
            if (const Status end = workOn(folder / name); !end) return end.error().message;
            const long count = stopFailingTensors();
            const auto record = recordOf(folder / name);
            return record ? strCat(count, " ", *record) : record.error().message;
        });
    };
    const std::string first = undisturbed("first");
    ASSERT_EQ(first, undisturbed("second")) << "nothing could be compared";
    const long count = std::strtol(first.c_str(), nullptr, 10);
    const std::string expected = first.substr(first.find(' ') + 1);
    ASSERT_GT(count, 1000) << first;
    long tried = 0, failed = 0;
    for (const long number : numbersOf(count, 16)) {
        const bool fromThere = tried++ % 2 == 1;
        const std::string name = strCat("n", number),
                          problem = inChild(folder / name, [&] {
                              return tryFailure(folder / name, number, fromThere, expected);
                          });
        failed += problem.empty() ? 0 : 1;
        EXPECT_EQ(problem, "") << "allocation " << number << (fromThere ? " and all later" : "");
    }
    std::cout << tried << " of " << count << " allocations tried, " << failed << " failed\n";
}

}  // namespace
}  // namespace skd::test
