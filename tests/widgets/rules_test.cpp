// Rules of the house that only a look at the sources can check.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace {

std::string read(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

template <class Check>
void forEverySource(Check check) {
    const std::filesystem::path folder = std::filesystem::path(SKD_SOURCE_DIR) / "widgets";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".cpp" && extension != ".h") continue;
        check(entry.path(), entry.path().lexically_relative(folder).generic_string());
    }
}

TEST(WidgetRules, OnlyTheDoorsToTheEngineAreUsed) {
    forEverySource([](const std::filesystem::path& file, const std::string& name) {
        std::istringstream lines(read(file));
        for (std::string line; std::getline(lines, line);) {
            for (const char* room :
                 {"kernels/", "formats/", "model/", "prune/", "distill/", "eval/"})
                EXPECT_EQ(line.find(std::string("#include \"") + room), std::string::npos)
                    << name << ": " << line;
            EXPECT_TRUE(line.find("#include \"run/") == std::string::npos ||
                        line.find("#include \"run/session.h\"") != std::string::npos)
                << name << ": " << line;
            EXPECT_EQ(line.find("torch/"), std::string::npos) << name << ": " << line;
        }
    });
}

TEST(WidgetRules, OnlyTheBridgeKnowsTheMailbox) {
    forEverySource([](const std::filesystem::path& file, const std::string& name) {
        if (name.rfind("bridge/", 0) == 0) return;
        EXPECT_EQ(read(file).find("Mailbox"), std::string::npos) << name;
    });
}

TEST(WidgetRules, QtChartsStaysBehindThePlot) {
    forEverySource([](const std::filesystem::path& file, const std::string& name) {
        const std::string text = read(file);
        EXPECT_EQ(text.find("setUseOpenGL"), std::string::npos) << name;
        if (name == "charts/views/speed_up_chart.cpp") return;
        for (const char* header :
             {"<QChart>", "<QChartView>", "<QLineSeries>", "<QValueAxis>", "<QtCharts"})
            EXPECT_EQ(text.find(header), std::string::npos) << name;
    });
}

/// Functions begin and end in the first column; what is in a class is short anyway.
TEST(WidgetRules, FunctionsFitOnAScreenAndConstructorsOnHalfOfOne) {
    static const std::regex begin(R"(^[A-Za-z][\w:<>,&*~ ]*\(.*)"),
        constructor(R"(^(\w+)::\1\(.*)"),
        other(R"(^(namespace|struct|class|enum|using|constexpr|template)\b.*)");
    int functions = 0, constructors = 0;
    forEverySource([&](const std::filesystem::path& file, const std::string& name) {
        std::istringstream lines(read(file));
        std::string head;
        int length = 0;
        for (std::string line; std::getline(lines, line);) {
            if (head.empty() && std::regex_match(line, begin) && !std::regex_match(line, other) &&
                line.back() != ';') {
                head = line;
                length = 0;
            }
            if (head.empty()) continue;
            ++length;
            if (line.rfind('}', 0) != 0) continue;
            const bool builds = std::regex_match(head, constructor);
            ++functions;
            constructors += builds ? 1 : 0;
            EXPECT_LE(length, builds ? 40 : 60) << name << ": " << head;
            head.clear();
        }
    });
    EXPECT_GT(functions, 900) << "the rule must see the functions";
    EXPECT_GT(constructors, 80);
}

/// Words for people go through tr(): what setters of texts are given is no bare literal.
TEST(WidgetRules, WhatPeopleReadCanBeTranslated) {
    static const std::regex bare(
        R"((setText|setToolTip|setWindowTitle|setAccessibleName|setAccessibleDescription|)"
        R"(setPlaceholderText|setLabelText|setStatusTip|addAction|addTab|showMessage|setEmptyText|)"
        R"(setTitle)\((QStringLiteral\(|QLatin1String\(|QString::fromUtf8\()?)"
        R"("[^"]*[A-Za-z]{3,}[^"]*")");
    forEverySource([](const std::filesystem::path& file, const std::string& name) {
        std::istringstream lines(read(file));
        for (std::string line; std::getline(lines, line);) {
            if (line.find("image.setText") != std::string::npos ||
                line.find("m_facts->") != std::string::npos)
                continue;  // keys, not words
            EXPECT_FALSE(std::regex_search(line, bare)) << name << ": " << line;
        }
    });
}

TEST(WidgetRules, FilesStayReadable) {
    forEverySource([](const std::filesystem::path& file, const std::string& name) {
        const std::string text = read(file);
        EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 400) << name;
    });
}

}  // namespace
