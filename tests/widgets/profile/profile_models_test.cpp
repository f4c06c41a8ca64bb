#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <cmath>
#include <set>

#include "charts/view_table.h"
#include "profile/benchmark_view.h"
#include "profile/profile_state.h"
#include "profile/profile_table_model.h"
#include "widgets/support/synthetic_profile.h"

namespace skd::test {
namespace {

using Tester = QAbstractItemModelTester;

TEST(ProfileParts, EveryModuleIsInExactlyOnePart) {
    for (auto grouping : {ProfileGrouping::Modules, ProfileGrouping::Paper}) {
        ModuleSet all;
        for (const ProfilePart& part : profileParts(grouping)) {
            EXPECT_TRUE((all & part.modules).none()) << part.name.toStdString();
            all |= part.modules;
        }
        EXPECT_TRUE(all.all());
    }
}

TEST(ProfileParts, PartsAddUpToTheRound) {
    const ModelProfile model = syntheticModelProfile("dense", 1);
    for (auto grouping : {ProfileGrouping::Modules, ProfileGrouping::Paper}) {
        double sum = 0;
        for (const ProfilePart& part : profileParts(grouping))
            sum += secondsOf(model, part.modules);
        EXPECT_NEAR(sum, model.typicalSeconds(), 1e-12);
    }
    const auto paper = profileParts(ProfileGrouping::Paper);
    EXPECT_NEAR(secondsOf(model, paper[0].modules), model.paperBuckets().at(PaperBucket::Gemm),
                1e-12);
    EXPECT_NEAR(secondsOf(model, paper[1].modules), model.paperBuckets().at(PaperBucket::Attention),
                1e-12);
}

TEST(ProfileTable, IsATreeOfModulesAndTheirOperators) {
    const ProfileReport report = syntheticProfile();
    ProfileTableModel model;
    const Tester tester(&model, Tester::FailureReportingMode::Fatal);
    EXPECT_EQ(model.rowCount(), 0);
    model.setProfile(&report.models[1], &report.models[0]);
    EXPECT_EQ(model.rowCount(), static_cast<int>(report.models[1].modules.size()));
    int gate = -1;
    for (int row = 0; row < model.rowCount(); ++row)
        if (model.moduleOf(model.index(row, 0)) == Module::MlpGate) gate = row;
    ASSERT_GE(gate, 0);
    const QModelIndex module = model.index(gate, 0);
    EXPECT_EQ(module.data().toString(), "gate");
    EXPECT_EQ(model.index(gate, ProfileTableModel::SelfTime).data().toString(),
              QString("255") + QChar(0x202F) + "ms");
    EXPECT_EQ(model.index(gate, ProfileTableModel::Calls).data().toString(), "30");
    EXPECT_EQ(model.index(gate, ProfileTableModel::AgainstFirst).data().toString(), "0.85×");
    // 30 layers of 1.4e9 x 0.85 FLOPs in 0.255 s
    EXPECT_NEAR(model.index(gate, ProfileTableModel::Flops).data(Qt::UserRole).toDouble(), 140,
                0.01);
    ASSERT_EQ(model.rowCount(module), 1);
    EXPECT_EQ(model.index(0, 0, module).data().toString(), "aten::mm");
    EXPECT_EQ(model.moduleOf(model.index(0, 0, module)), Module::MlpGate);
    EXPECT_EQ(model.index(0, ProfileTableModel::Flops, module).data().toString(), "–");
    model.setProfile(nullptr, nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(ProfileTable, SortsByValueAndNotByText) {
    const ProfileReport report = syntheticProfile();
    ProfileTableModel model;
    model.setProfile(&report.models[0], &report.models[0]);
    QSortFilterProxyModel sorted;
    sorted.setSourceModel(&model);
    sorted.setSortRole(Qt::UserRole);
    for (int column :
         {ProfileTableModel::SelfTime, ProfileTableModel::Flops, ProfileTableModel::Calls}) {
        sorted.sort(column, Qt::DescendingOrder);
        double last = INFINITY;
        for (int row = 0; row < sorted.rowCount(); ++row) {
            const double value = sorted.index(row, column).data(Qt::UserRole).toDouble();
            EXPECT_LE(value, last);
            last = value;
        }
    }
}

enum BenchmarkColumn {
    Model,
    Batch,
    Ttft,
    TtftSpread,
    Tpot,
    TpotSpread,
    Rate,
    Memory,
    Prefill,
    Decode,
    Bound
};

TEST(BenchmarkTable, HoldsMediansAndQuartiles) {
    BenchmarkTableModel model;
    const Tester tester(&model, Tester::FailureReportingMode::Fatal);
    BenchmarkReport report = syntheticBenchmark();
    report.models[1].cells[0].peakBytes = std::nan("");
    model.setReport(report, {"dense", "svd-15"});
    ASSERT_EQ(model.rowCount(), 6);
    const auto text = [&](int row, int column) {
        return model.index(row, column).data().toString().replace(QChar(0x202F), ' ');
    };
    EXPECT_EQ(text(1, Model), "dense");
    EXPECT_EQ(text(1, Batch), "4");
    EXPECT_EQ(text(1, Ttft), "144 ms");
    EXPECT_EQ(text(1, TtftSpread), "140 – 150 ms");
    EXPECT_EQ(text(1, Tpot), "32.0 ms");
    EXPECT_EQ(text(1, Rate), "125.0");
    EXPECT_EQ(text(3, Memory), "–");
    EXPECT_EQ(text(4, Prefill), "1.10×");
    EXPECT_EQ(text(4, Bound), "70 %");
    const QString csv = QString::fromUtf8(toCsv(tableOf(model)));
    EXPECT_TRUE(csv.startsWith("Model,Batch,TTFT,quartiles")) << csv.toStdString();
    EXPECT_TRUE(csv.contains("svd-15,16,524.16")) << "every digit";
    model.setReport({}, {});
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(ProfileState, KeepsTheModelWhereTheNextProfileHasIt) {
    ProfileState state;
    const QSignalSpy changes(&state, &ProfileState::selectionChanged);
    EXPECT_EQ(state.shownModel(), nullptr);
    state.setProfile(prepareProfile(syntheticProfile(1)));
    state.setModel(2);
    state.toggle(moduleSet({Module::Head}));
    EXPECT_EQ(state.shownModel()->name, "run:1");
    EXPECT_TRUE(state.selected().any());
    state.toggle(moduleSet({Module::Head}));
    EXPECT_TRUE(state.selected().none());
    ProfileReport one = syntheticProfile(1);
    one.models.resize(1);
    state.setProfile(prepareProfile(one));
    EXPECT_EQ(state.model(), 0u);
    state.setProfile({});
    EXPECT_EQ(state.shownModel(), nullptr);
    EXPECT_GE(changes.size(), 4);
}

}  // namespace
}  // namespace skd::test
