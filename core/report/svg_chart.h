#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skd {

/// Text for XML content and attributes: the five special characters escaped, control characters and
/// malformed UTF-8 replaced.
std::string escapeXml(std::string_view text);

/// A range of values with ticks at round numbers: steps of 1, 2 or 5 times a power of ten, or on a
/// logarithmic axis 1, 2 and 5 of each decade (decades alone where there are many).
struct SvgAxis {
    double low = 0, high = 1;
    bool log = false;
    std::vector<double> ticks;

    /// 0 at low, 1 at high.
    [[nodiscard]] double place(double value) const;
};
/// An axis that holds every finite value (positive ones, where it is logarithmic).
SvgAxis makeAxis(const std::vector<double>& values, bool log, int ticks);

/// A tick's text: no more digits than its step needs, thousands grouped.
std::string tickText(double value);

/// A line with an optional band, or points alone. Told apart by colour, dash and marker.
struct ChartSeries {
    std::string name;
    std::vector<double> x, y;
    std::vector<double> low, high;  ///< band around y; empty for none
    bool points = false;            ///< markers without a line
    int style = 0;                  ///< colour and dash; series of one style belong together
};

/// A horizontal line with a name: a reference value.
struct ChartGuide {
    std::string name;
    double y = 0;
};

struct LineChart {
    std::string title, description, xLabel, yLabel;
    bool logY = true;
    std::vector<ChartSeries> series;
    std::vector<ChartGuide> guides;
};

struct ChartBar {
    std::string name;
    double value = 0;
    double error = 0;  ///< half length of the whisker; NaN or 0: none
    double paper = 0;  ///< mark at the paper's figure; NaN or 0: none
};

struct BarChart {
    std::string title, description, valueLabel;
    std::vector<ChartBar> bars;
};

/// An <svg> element with title and description, styled by classes of its own <style> (light and
/// dark by media query). `id` starts every id in it.
std::string toSvg(const LineChart& chart, const std::string& id);
std::string toSvg(const BarChart& chart, const std::string& id);

}  // namespace skd
