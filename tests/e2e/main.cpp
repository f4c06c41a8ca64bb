#include <gtest/gtest.h>

#include <QApplication>
#include <QStandardPaths>

#include "base/process_environment.h"
#include "window_test.h"

int main(int argc, char** argv) {
    skd::prepareProcess(argv);
    QStandardPaths::setTestModeEnabled(true);
    QApplication::setApplicationName(QStringLiteral("sparsekd-workbench-e2e"));
    QApplication::setOrganizationName(QStringLiteral("sparsekd"));
    QApplication application(argc, argv);
    if (qEnvironmentVariableIsSet("SPARSEKD_E2E_WORKSPACE")) return skd::test::runUntilKilled();
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
