#include <gtest/gtest.h>

#include "base/process_environment.h"
#include "support/fatal_log.h"

int main(int argc, char** argv) {
    skd::prepareProcess(argv);
    testing::InitGoogleTest(&argc, argv);
    skd::test::installFatalLog();
    return RUN_ALL_TESTS();
}
