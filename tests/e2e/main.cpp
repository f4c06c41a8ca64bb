#include <gtest/gtest.h>

#include <QApplication>
#include <QStandardPaths>

#include "window_test.h"

int main(int argc, char** argv) {
    QStandardPaths::setTestModeEnabled(true);
    QApplication::setApplicationName(QStringLiteral("sparsekd-workbench-e2e"));
    QApplication::setOrganizationName(QStringLiteral("sparsekd"));
    QApplication application(argc, argv);
    if (qEnvironmentVariableIsSet("SPARSEKD_E2E_WORKSPACE")) return skd::test::runUntilKilled();
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
