#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <functional>

#include "base/text.h"
#include "core/corpus/corpus_fixture.h"
#include "support/gzip.h"

namespace skd::test {
namespace {

using Maker = std::function<std::filesystem::path(const TemporaryFolder&)>;

struct Malformed {
    const char* name;
    CorpusFormat format;
    Maker make;
    ErrorCode code;
    const char* message;
};

std::string compressed() {
    return gzip(jsonLines(400, "compressed"));
}

Maker file(const char* name, std::string content) {
    return [=](const TemporaryFolder& folder) { return folder.write(name, content); };
}

const std::string kGood = "{\"text\": \"good\"}\n";
const std::vector<Malformed> kTable{
    {"GzipCutShort", CorpusFormat::Jsonl, file("a.gz", compressed().substr(0, 700)),
     ErrorCode::Corrupt, "a.gz: the gzip data ends too early"},
    {"GzipWithoutItsChecksum", CorpusFormat::Jsonl,
     file("a.gz", compressed().substr(0, compressed().size() - 4)), ErrorCode::Corrupt,
     "ends too early"},
    {"GzipHeaderAlone", CorpusFormat::Jsonl, file("a.gz", "\x1f\x8b"), ErrorCode::Corrupt,
     "ends too early"},
    {"GzipDamaged", CorpusFormat::Jsonl,
     [](const TemporaryFolder& folder) {
         std::string bytes = compressed();
         bytes[bytes.size() / 2] ^= 0x55;
         bytes[bytes.size() / 2 + 1] ^= 0x55;
         return folder.write("a.gz", bytes);
     },
     ErrorCode::Corrupt, "a.gz"},
    {"GzipWrongChecksum", CorpusFormat::Jsonl,
     [](const TemporaryFolder& folder) {
         std::string bytes = compressed();
         bytes[bytes.size() - 6] ^= 1;
         return folder.write("a.gz", bytes);
     },
     ErrorCode::Corrupt, "damaged gzip data"},
    {"GzipDamagedSecondMember", CorpusFormat::Jsonl, file("a.gz", compressed() + "\x1f\x8bgarbage"),
     ErrorCode::Corrupt, "damaged gzip data"},
    {"GzipBomb", CorpusFormat::Text,
     [](const TemporaryFolder& folder) {
         return folder.write("a.gz", gzip(std::string(200u << 20, '\n')));
     },
     ErrorCode::Corrupt, "expands more than 200-fold"},
    {"BadJsonNamesItsLine", CorpusFormat::Jsonl,
     file("a.jsonl", kGood + kGood + "{\"text\": \"x\n"), ErrorCode::Corrupt,
     "a.jsonl:3: not valid JSON"},
    {"TooManyBadRowsAreCounted", CorpusFormat::Jsonl,
     file("a.jsonl", jsonLines(18, "rows") + "{\"text\": null}\n"), ErrorCode::Corrupt,
     "a.jsonl:19: the field \"text\" is not text; 1 of the first 19 rows cannot be read, and up to "
     "5 % may be left out"},
    {"NoRowOfManyIsRead", CorpusFormat::Jsonl,
     [](const TemporaryFolder& folder) {
         std::string rows;
         for (int i = 0; i < 300; ++i) rows += "{\"body\": \"x\"}\n";
         return folder.write("a.jsonl", rows);
     },
     ErrorCode::Corrupt, "100 of the first 100 rows cannot be read"},
    {"PrettyPrintedJson", CorpusFormat::Jsonl, file("a.json", "{\n  \"text\": \"x\"\n}\n"),
     ErrorCode::Corrupt, "write one object a line (jq -c .)"},
    {"JsonListInsteadOfLines", CorpusFormat::Jsonl, file("a.json", "[{\"text\": \"x\"}]"),
     ErrorCode::Corrupt, "one object a line"},
    {"MissingFieldNamesTheNearest", CorpusFormat::Jsonl,
     file("a.jsonl", kGood + "{\"txt\": \"x\", \"url\": \"y\"}\n"), ErrorCode::Corrupt,
     "a.jsonl:2: the field \"text\" is missing; did you mean \"txt\"? the line has: txt, url"},
    {"FieldThatIsNoText", CorpusFormat::Jsonl, file("a.jsonl", "{\"text\": [1]}\n"),
     ErrorCode::Corrupt, "a.jsonl:1: the field \"text\" is not text"},
    {"InvalidUtf8InJson", CorpusFormat::Jsonl, file("a.jsonl", kGood + "{\"text\": \"\xFF\"}\n"),
     ErrorCode::Corrupt, "a.jsonl:2"},
    {"InvalidUtf8InText", CorpusFormat::Text, file("a.txt", "one\ntwo \xE9\nthree\n"),
     ErrorCode::Corrupt, "a.txt:2: not UTF-8"},
    {"InvalidUtf8InWikiText", CorpusFormat::WikiText, file("w.raw", "\n = A = \n\n text \xE9\n"),
     ErrorCode::Corrupt, "w.raw:4: not UTF-8"},
    {"NulInText", CorpusFormat::Text, file("a.txt", std::string("one\n\0two\n", 9)),
     ErrorCode::Corrupt, "a.txt:2: holds a NUL byte"},
    {"NulInJson", CorpusFormat::Jsonl, file("a.jsonl", std::string("{\"text\": \"a\0b\"}", 15)),
     ErrorCode::Corrupt, "a.jsonl:1"},
    {"Utf16", CorpusFormat::Text, file("a.txt", std::string("\xFF\xFEo\0n\0e\0", 8)),
     ErrorCode::Corrupt, "a.txt:1"},
    {"NoHeadingInWikiText", CorpusFormat::WikiText, file("a.txt", "Just a text.\n"),
     ErrorCode::InvalidInput, "give the format text"},
    {"DeepJson", CorpusFormat::Jsonl, file("a.jsonl", std::string(100000, '[')), ErrorCode::Corrupt,
     "a.jsonl:1"},
    {"LineWithoutEnd", CorpusFormat::Jsonl,
     [](const TemporaryFolder& folder) {
         const auto path = folder.write("a.jsonl", kGood);
         std::filesystem::resize_file(path, 10ull << 40);  // sparse: 10 TB of NUL bytes
         return path;
     },
     ErrorCode::InvalidInput, "line 2 is longer than 64.0 MiB"},
    {"Pipe", CorpusFormat::Jsonl,
     [](const TemporaryFolder& folder) {
         EXPECT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
         return folder / "pipe";
     },
     ErrorCode::InvalidInput, "is a pipe"},
    {"FolderForAFile", CorpusFormat::Jsonl,
     [](const TemporaryFolder& folder) { return folder.path(); }, ErrorCode::InvalidInput,
     "is a folder"},
    {"FileForAFolder", CorpusFormat::Files, file("a.py", "a = 1\n"), ErrorCode::InvalidInput,
     "is not a folder"},
    {"Device", CorpusFormat::Text,
     [](const TemporaryFolder&) { return std::filesystem::path("/dev/zero"); },
     ErrorCode::InvalidInput, "is a device"},
    {"Missing", CorpusFormat::Text,
     [](const TemporaryFolder& folder) { return folder / "nowhere.txt"; }, ErrorCode::NotFound,
     "nowhere.txt"},
    {"MissingFolder", CorpusFormat::Files,
     [](const TemporaryFolder& folder) { return folder / "nowhere"; }, ErrorCode::NotFound,
     "nowhere"},
    {"LinkToItself", CorpusFormat::Text,
     [](const TemporaryFolder& folder) {
         std::filesystem::create_symlink(folder / "loop", folder / "loop");
         return folder / "loop";
     },
     ErrorCode::Io, "loop"},
};

class CorpusMalformed : public testing::TestWithParam<Malformed> {};

TEST_P(CorpusMalformed, IsATypedErrorSoon) {
    const Malformed& entry = GetParam();
    const TemporaryFolder folder;
    const auto path = entry.make(folder);
    const CorpusShare share{"share", path.string(), entry.format, {"text"}};
    const auto begin = std::chrono::steady_clock::now();
    const auto documents = documentsOf(share, path);
    ASSERT_FALSE(documents);
    EXPECT_EQ(documents.error().code, entry.code) << documents.error().message;
    EXPECT_NE(documents.error().message.find(entry.message), std::string::npos)
        << documents.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

INSTANTIATE_TEST_SUITE_P(Table, CorpusMalformed, testing::ValuesIn(kTable),
                         [](const auto& entry) { return entry.param.name; });

}  // namespace

/// Every cut of a compressed file is noticed; no flip of a bit passes as another text.
TEST(CorpusMalformedGzip, EveryCutAndManyFlips) {
    const TemporaryFolder folder;
    const CorpusShare share{"share", "", CorpusFormat::Text};
    const std::string bytes = gzip(jsonLines(8, "short"));
    const std::string whole = (*documentsOf(share, folder.write("a.gz", bytes)))[0].text;
    for (std::size_t size = 2; size < bytes.size(); ++size)
        EXPECT_FALSE(documentsOf(share, folder.write("cut.gz", bytes.substr(0, size)))) << size;
    for (std::size_t bit = 16; bit < bytes.size() * 8; bit += 13) {
        std::string flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const auto documents = documentsOf(share, folder.write("flip.gz", flipped));
        // Bits of the header (time, system) change nothing.
        if (documents) {
            EXPECT_EQ((*documents)[0].text, whole) << bit;
        }
    }
}

TEST(CorpusMalformedGzip, EmptyFilesAndBlankLinesHoldNothing) {
    const TemporaryFolder folder;
    for (const CorpusFormat format :
         {CorpusFormat::Jsonl, CorpusFormat::Text, CorpusFormat::WikiText}) {
        const auto empty = documentsOf({"s", "", format}, folder.write("empty", ""));
        ASSERT_TRUE(empty) << empty.error().message;
        EXPECT_TRUE(empty->empty());
        const auto packed = documentsOf({"s", "", format}, folder.write("empty.gz", gzip("")));
        ASSERT_TRUE(packed) << packed.error().message;
        EXPECT_TRUE(packed->empty());
    }
    EXPECT_TRUE(documentsOf({"s", ""}, folder.write("b.jsonl", "\n \n\r\n"))->empty());
}

}  // namespace skd::test
