#pragma once

#include <string>
#include <vector>

namespace skd {

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
