#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "base/files.h"
#include "exchange/foreign_runs.h"
#include "exchange/protobuf.h"
#include "exchange/tensorboard_file.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

TEST(ExportTensorboard, ChecksumsAreThoseOfTheStandard) {
    // RFC 3720, B.4.
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
    EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
    std::string ascending;
    for (int i = 0; i < 32; ++i) ascending += static_cast<char>(i);
    EXPECT_EQ(crc32c(ascending), 0x46DD794Eu);
    EXPECT_EQ(crc32c(std::string(ascending.rbegin(), ascending.rend())), 0x113FDB5Cu);
    EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
    EXPECT_EQ(crc32c(""), 0u);
    // Rotation by 15 and the constant, by hand: 0xE3069283 >> 15 | << 17 = 0x2507C60D.
    EXPECT_EQ(maskedCrc32c("123456789"), 0x2507C60Du + 0xA282EAD8u);
}

/// The bytes of one scalar, put together by hand from event.proto and summary.proto.
TEST(ExportTensorboard, OneScalarByteForByte) {
    const std::vector<MetricRow> rows{{"a/b", 300, 0.5, 2500}};
    const std::string file = tensorboardFile(rows, 1000);
    std::string first(
        "\x09\x00\x00\x00\x00\x00\x00\xF0\x3F\x1A\x0D"
        "brain.Event:2",
        24);
    std::string second(
        "\x09\x00\x00\x00\x00\x00\x00\x04\x40\x10\xAC\x02\x2A\x0C\x0A\x0A\x0A\x03"
        "a/b"
        "\x15\x00\x00\x00\x3F",
        26);
    const auto record = [](const std::string& data) {
        std::string length(8, '\0');
        length[0] = static_cast<char>(data.size());
        const auto word = [](std::uint32_t value) {
            return std::string(reinterpret_cast<const char*>(&value), 4);
        };
        return length + word(maskedCrc32c(length)) + data + word(maskedCrc32c(data));
    };
    EXPECT_EQ(file, record(first) + record(second));
}

class ExportTensorboardFiles : public testing::Test {
protected:
    Result<std::vector<MetricRow>> readBack(const std::string& bytes) {
        EXPECT_TRUE(writeFileAtomically(folder / "events.out.tfevents.1", bytes));
        auto read = readTensorboardFile(folder / "events.out.tfevents.1");
        if (!read) return fail(read.error());
        if (!read->damage.empty()) return fail(ErrorCode::Corrupt, read->damage);
        return std::move(read->rows);
    }
    const TemporaryFolder folder;
    const std::vector<MetricRow> rows{{"loss", 0, 2.5, 1000},
                                      {"ppl", 0, INFINITY, 1001},
                                      {"loss", 7, -1e-3, 1002},
                                      {"loss", 1LL << 40, NAN, 1003}};
};

TEST_F(ExportTensorboardFiles, ScalarsComeBackAsFloats) {
    const auto again = readBack(tensorboardFile(rows, 999));
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ(again->size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ((*again)[i].name, rows[i].name);
        EXPECT_EQ((*again)[i].step, rows[i].step);
        EXPECT_EQ((*again)[i].timeMs, rows[i].timeMs);
        const auto value = static_cast<float>(rows[i].value);
        EXPECT_TRUE((*again)[i].value == value ||
                    (std::isnan(value) && std::isnan((*again)[i].value)));
    }
}

TEST_F(ExportTensorboardFiles, EveryFlippedByteIsNoticedAndATornTailLeftOut) {
    const std::string file = tensorboardFile(rows, 999);
    for (std::size_t at = 0; at < file.size(); ++at) {
        std::string damaged = file;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        EXPECT_FALSE(readBack(damaged)) << at;
    }
    const auto torn = readBack(file.substr(0, file.size() - 3));
    ASSERT_TRUE(torn) << torn.error().message;
    EXPECT_EQ(torn->size(), rows.size() - 1);
    EXPECT_FALSE(readBack("no event file at all"));
}

TEST_F(ExportTensorboardFiles, TensorScalarsAreRead) {
    ProtobufWriter tensor, value, summary, event;
    tensor.varint(1, 1);
    const float number = 0.25f;
    tensor.text(4, std::string_view(reinterpret_cast<const char*>(&number), 4));
    value.text(1, "t");
    value.text(8, tensor.bytes());
    summary.text(1, value.bytes());
    event.fixed(1, 3.0);
    event.varint(2, 5);
    event.text(5, summary.bytes());
    std::string length(8, '\0'), file;
    length[0] = static_cast<char>(event.bytes().size());
    const auto word = [](std::uint32_t v) {
        return std::string(reinterpret_cast<const char*>(&v), 4);
    };
    file = length + word(maskedCrc32c(length)) + event.bytes() + word(maskedCrc32c(event.bytes()));
    const auto again = readBack(file);
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ(again->size(), 1u);
    EXPECT_EQ(again->front().value, 0.25);
    EXPECT_EQ(again->front().step, 5);
}

TEST_F(ExportTensorboardFiles, FoldersAreRuns) {
    ASSERT_TRUE(std::filesystem::create_directories(folder / "logs/a/b"));
    ASSERT_TRUE(
        writeFileAtomically(folder / "logs/a/events.out.tfevents.1", tensorboardFile(rows, 1)));
    ASSERT_TRUE(writeFileAtomically(folder / "logs/a/b/events.out.tfevents.1",
                                    tensorboardFile({rows.data(), 1}, 1)));
    const auto runs = readTensorboardRuns(folder / "logs");
    ASSERT_TRUE(runs) << runs.error().message;
    ASSERT_EQ(runs->runs.size(), 2u);
    EXPECT_EQ(runs->runs[0].name, "a");
    EXPECT_EQ(runs->runs[0].metrics.size(), 4u);
    EXPECT_EQ(runs->runs[1].name, "a/b");
    EXPECT_TRUE(runs->warnings.empty());
    EXPECT_EQ(readTensorboardRuns(folder / "logs/none").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace skd::test
