#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "core/distill/distill_fixture.h"
#include "core/model/parallel/processes.h"

namespace skd {
namespace {

/// Sets variables while it lives.
class Environment {
public:
    explicit Environment(const std::vector<std::pair<std::string, std::string>>& variables) {
        for (const auto& [name, value] : variables) {
            m_names.push_back(name);
            ::setenv(name.c_str(), value.c_str(), 1);
        }
    }
    ~Environment() {
        for (const std::string& name : m_names) ::unsetenv(name.c_str());
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    std::vector<std::string> m_names;
};

}  // namespace

TEST(CommunicatorTest, SumsAndPassesOnBetweenProcesses) {
    const test::OneThread oneThread;
    for (const int size : {2, 3}) {
        const auto ended = test::inProcesses(size, [](Communicator& devices) -> Result<Json> {
            const at::Tensor sum = at::arange(1000, at::kFloat) * (devices.rank() + 1);
            SKD_CHECK(devices.sum(sum));
            const at::Tensor passed = at::full({3, 5}, devices.rank() + 0.5, at::kBFloat16);
            SKD_CHECK(devices.broadcast(passed, devices.size() - 1));
            SKD_TRY(const std::string text, devices.fromFirst(devices.leads() ? "from 0" : ""));
            SKD_TRY(const bool any, devices.any(devices.rank() == 1));
            SKD_TRY(const bool none, devices.any(false));
            const double expected = devices.size() * (devices.size() + 1) / 2.0;
            return Json{{"sum", at::equal(sum, at::arange(1000, at::kFloat) * expected)},
                        {"passed", passed.to(at::kDouble).mean().item<double>()},
                        {"text", text},
                        {"any", any},
                        {"none", none},
                        {"bytes", devices.traffic().bytes}};
        });
        for (const test::Ended& process : ended) {
            ASSERT_EQ(process.exitCode, 0) << process.json.dump();
            EXPECT_TRUE(process.json["sum"].get<bool>());
            EXPECT_EQ(process.json["passed"], size - 0.5);
            EXPECT_EQ(process.json["text"], "from 0");
            EXPECT_TRUE(process.json["any"].get<bool>());
            EXPECT_FALSE(process.json["none"].get<bool>());
            EXPECT_GE(process.json["bytes"], 4000 * (size - 1) * 2 / size);
        }
    }
}

TEST(CommunicatorTest, AKilledProcessEndsTheOthersWithASentence) {
    const test::OneThread oneThread;
    for (const int killed : {0, 1}) {
        const auto begin = std::chrono::steady_clock::now();
        const auto ended = test::inProcesses(2, [killed](Communicator& devices) -> Result<Json> {
            const at::Tensor values = at::ones({1000});
            SKD_CHECK(devices.sum(values));
            if (devices.rank() == killed) ::kill(::getpid(), SIGKILL);
            SKD_CHECK(devices.sum(values));
            return Json{{"went", "on"}};
        });
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        EXPECT_LT(took.count(), 60);
        EXPECT_EQ(ended[static_cast<std::size_t>(killed)].exitCode, -SIGKILL);
        const Json& other = ended[static_cast<std::size_t>(1 - killed)].json;
        ASSERT_TRUE(other.contains("error")) << other.dump();
        const auto sentence = other["error"].get<std::string>();
        EXPECT_NE(sentence.find("rank " + std::to_string(killed) + " ("), std::string::npos)
            << sentence;
        EXPECT_NE(sentence.find("resume it"), std::string::npos) << sentence;
    }
}

TEST(CommunicatorTest, OneThatFailsTellsTheOthersWhy) {
    const test::OneThread oneThread;
    const auto ended = test::inProcesses(2, [](Communicator& devices) -> Result<Json> {
        SKD_CHECK(devices.sum(at::ones({10})));  // both have joined
        if (devices.rank() == 1) return fail(ErrorCode::NoSpace, "the disk of node 7 is full");
        SKD_CHECK(devices.sum(at::ones({10})));
        return Json::object();
    });
    ASSERT_TRUE(ended[0].json.contains("error")) << ended[0].json.dump();
    const auto sentence = ended[0].json["error"].get<std::string>();
    EXPECT_NE(sentence.find("the disk of node 7 is full"), std::string::npos) << sentence;
}

TEST(CommunicatorTest, ALossIsHeardOfWithoutATransfer) {
    const test::OneThread oneThread;
    const auto ended = test::inProcesses(2, [](Communicator& devices) -> Result<Json> {
        SKD_CHECK(devices.sum(at::ones({10})));  // both have joined
        if (devices.rank() == 0) ::kill(::getpid(), SIGKILL);
        std::atomic<bool> heard = false;
        devices.onLoss([&](const std::string&) { heard = true; });
        for (int i = 0; i < 300 && !heard; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        return Json{{"heard", heard.load()}};
    });
    EXPECT_EQ(ended[1].json, Json({{"heard", true}}));
}

TEST(ProcessPlaceTest, ReadsTheEnvironmentOfTorchrun) {
    EXPECT_FALSE(ProcessPlace::fromEnvironment().value());
    {
        const Environment one({{"WORLD_SIZE", "1"}, {"RANK", "0"}});
        EXPECT_FALSE(ProcessPlace::fromEnvironment().value());
    }
    const Environment four({{"WORLD_SIZE", "4"},
                            {"RANK", "3"},
                            {"LOCAL_RANK", "1"},
                            {"MASTER_ADDR", "node1"},
                            {"MASTER_PORT", "29500"}});
    const auto place = ProcessPlace::fromEnvironment().value().value();
    EXPECT_EQ(place.rank, 3);
    EXPECT_EQ(place.size, 4);
    EXPECT_EQ(place.localRank, 1);
    EXPECT_EQ(place.host, "node1");
    EXPECT_EQ(place.port, 29500);
    const Environment beyond({std::pair<std::string, std::string>("RANK", "4")});
    const auto wrong = ProcessPlace::fromEnvironment();
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message.find("RANK is \"4\""), std::string::npos);
}

TEST(ProcessPlaceTest, EachProcessOfAMachineTakesADevice) {
    EXPECT_EQ(visibleDevice("", 2), "2");
    EXPECT_EQ(visibleDevice("4,5,6", 1), "5");
    EXPECT_EQ(visibleDevice("4,5,6", 2), "6");
    EXPECT_EQ(visibleDevice("7", 3), "7");  // the starter has given each its own
}

}  // namespace skd
