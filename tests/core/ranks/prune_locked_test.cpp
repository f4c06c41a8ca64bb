#include <gtest/gtest.h>

#include "ranks/locked.h"

namespace skd {
namespace {

TEST(Locked, EntriesReachUpToADot) {
    const std::vector<std::string> locked{"model.layers.1", "model.layers.2.mlp.up_proj"};
    EXPECT_TRUE(isLocked("model.layers.1.mlp.up_proj", locked));
    EXPECT_TRUE(isLocked("model.layers.1", locked));
    EXPECT_TRUE(isLocked("model.layers.2.mlp.up_proj", locked));
    EXPECT_FALSE(isLocked("model.layers.10.mlp.up_proj", locked));
    EXPECT_FALSE(isLocked("model.layers.2.mlp.up_projection", locked));
    EXPECT_FALSE(isLocked("model.layers.2.mlp", locked));
    EXPECT_FALSE(isLocked("model.layers.1.mlp.up_proj", {}));
}

TEST(Locked, UnknownEntriesAreRefusedWithTheNearest) {
    const std::vector<MatrixInfo> names{{.name = "model.layers.0.mlp.up_proj"},
                                        {.name = "model.layers.10.mlp.up_proj"}};
    EXPECT_TRUE(checkLocked(names, {"model.layers.10", "model", "model.layers.0.mlp.up_proj"}));
    const Status layer = checkLocked(names, {"model.layers.0", "model.layer.10"});
    ASSERT_FALSE(layer);
    EXPECT_EQ(layer.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(layer.error().message.find("nearest is model.layers.10"), std::string::npos)
        << layer.error().message;
    EXPECT_FALSE(checkLocked(names, {""}));
}

}  // namespace
}  // namespace skd
