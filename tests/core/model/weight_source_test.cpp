#include "model/files/weight_source.h"

#include <gtest/gtest.h>

#include "formats/safetensors_file.h"
#include "formats/safetensors_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

/// A safetensors file under its own names.
class PlainWeights final : public WeightSource {
public:
    explicit PlainWeights(const SafetensorsFile& file) : m_file(file) {}

protected:
    [[nodiscard]] const TensorView* find(const std::string& name) const override {
        return m_file.find(name);
    }
    [[nodiscard]] const std::vector<TensorView>& all() const override { return m_file.tensors(); }
    [[nodiscard]] bool isIgnorable(const std::string& /*storedName*/) const override {
        return false;
    }

private:
    const SafetensorsFile& m_file;
};

/// A matrix of 2.4 MB, that is, of several pieces for each thread.
class WeightSourceTest : public testing::Test {
protected:
    void SetUp() override {
        const std::span<const float> values(m_matrix.const_data_ptr<float>(), 600'000);
        const std::vector<TensorOut> tensors{{"w", DType::F32, {600, 1000}, std::as_bytes(values)}};
        ASSERT_TRUE(writeSafetensors(m_path, tensors));
    }

    test::TemporaryFolder m_folder;
    std::filesystem::path m_path = m_folder / "w.safetensors";
    at::Tensor m_matrix = at::randn({600, 1000});
};

TEST_F(WeightSourceTest, ReadsAllAndSlicesOfRows) {
    const auto file = SafetensorsFile::open(m_path);
    ASSERT_TRUE(file);
    PlainWeights weights(*file);
    const auto whole = weights.read({"w", {600, 1000}});
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_TRUE(at::equal(*whole, m_matrix));
    const auto slice = weights.read({"w", {200, 1000}, 301, 600});
    ASSERT_TRUE(slice) << slice.error().message;
    EXPECT_TRUE(at::equal(*slice, m_matrix.narrow(0, 301, 200)));
}

TEST_F(WeightSourceTest, AFileThatIsCutMeanwhileIsAnError) {
    const auto file = SafetensorsFile::open(m_path);
    ASSERT_TRUE(file);
    std::filesystem::resize_file(m_path, 1'000'000);
    PlainWeights weights(*file);
    const auto read = weights.read({"w", {600, 1000}});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
    EXPECT_NE(read.error().message.find("copy the complete file and load it again"),
              std::string::npos)
        << read.error().message;
}

}  // namespace
}  // namespace skd
