#include "report/svg_chart.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/ticks.h"
#include "report/statistics.h"

namespace skd {
namespace {

void linearTicks(SvgAxis& axis, int ticks) {
    const Range padded = withExtent({axis.low, axis.high}), grown = niceRange(padded, ticks);
    axis.low = grown.low;
    axis.high = grown.high;
    axis.ticks = multiplesOf(niceStep(padded.span(), ticks), grown);
}

void logTicks(SvgAxis& axis, int ticks) {
    axis.low /= 1.05;
    axis.high *= 1.05;
    for (const std::vector<double>& factors :
         {std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 5}, {1, 2, 5}, {1}}) {
        axis.ticks = decadeTicks({axis.low, axis.high}, factors);
        if (static_cast<int>(axis.ticks.size()) <= ticks + 2) return;
    }
}

constexpr double kWidth = 760, kLeft = 76, kRight = 16, kTop = 16, kPlotHeight = 300;
constexpr int kStyles = 8;

/// Colours of Okabe and Ito's palette for the light ground (told apart with colour blindness), and
/// lighter ones for the dark.
constexpr const char* kStyle =
    "<style>.ck{font:12px system-ui,sans-serif}.ck text{fill:#333}.ck "
    ".ax{stroke:#999;fill:none}.ck .gr{stroke:#ddd;fill:none}"
    ".ck .gd{stroke:#666;stroke-dasharray:2 3;fill:none}.ck .ln{fill:none;stroke-width:2}.ck "
    ".bd{stroke:none;opacity:.18}.ck .wh{stroke:#333;fill:none}.ck "
    ".pm{stroke:#d55e00;stroke-width:3}"
    ".ck .s0{stroke:#0072b2;fill:#0072b2}.ck .s1{stroke:#d55e00;fill:#d55e00}.ck "
    ".s2{stroke:#009e73;fill:#009e73}.ck .s3{stroke:#cc79a7;fill:#cc79a7}"
    ".ck .s4{stroke:#b8860b;fill:#b8860b}.ck .s5{stroke:#3a7ca5;fill:#3a7ca5}.ck "
    ".s6{stroke:#7f3c8d;fill:#7f3c8d}.ck .s7{stroke:#555;fill:#555}"
    ".ck .d1{stroke-dasharray:7 3}.ck .d2{stroke-dasharray:2 3}.ck .d3{stroke-dasharray:9 3 2 "
    "3}.ck .ln{fill:none}.ck .bd{stroke:none}"
    "@media(prefers-color-scheme:dark){.ck text{fill:#ddd}.ck .ax{stroke:#777}.ck "
    ".gr{stroke:#3a3a3a}.ck .gd{stroke:#aaa}.ck .wh{stroke:#ddd}"
    ".ck .s0{stroke:#56b4e9;fill:#56b4e9}.ck .s1{stroke:#e69f00;fill:#e69f00}.ck "
    ".s2{stroke:#3fd0a4;fill:#3fd0a4}.ck .s3{stroke:#e6a6c8;fill:#e6a6c8}"
    ".ck .s4{stroke:#f0e442;fill:#f0e442}.ck .s5{stroke:#8fc6e8;fill:#8fc6e8}.ck "
    ".s6{stroke:#c79be0;fill:#c79be0}.ck .s7{stroke:#bbb;fill:#bbb}"
    ".ck .ln{fill:none}.ck .bd{stroke:none}}</style>";

std::string num(double value) {
    return formatFixed(value, 1);
}

std::string open(const std::string& title, const std::string& description, const std::string& id,
                 double height) {
    return strCat(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ck\" role=\"img\" viewBox=\"0 0 ",
        num(kWidth), " ", num(height), "\" aria-labelledby=\"", id, "-title ", id,
        "-desc\"><title id=\"", id, "-title\">", escapeXml(title), "</title><desc id=\"", id,
        "-desc\">", escapeXml(description), "</desc>", kStyle);
}

std::string text(double x, double y, const std::string& content, const char* anchor,
                 const std::string& extra = "") {
    return strCat("<text x=\"", num(x), "\" y=\"", num(y), "\" text-anchor=\"", anchor, "\"", extra,
                  ">", escapeXml(content), "</text>");
}

std::string line(double x1, double y1, double x2, double y2, const char* classes) {
    return strCat("<line class=\"", classes, "\" x1=\"", num(x1), "\" y1=\"", num(y1), "\" x2=\"",
                  num(x2), "\" y2=\"", num(y2), "\"/>");
}

std::string classesOf(int style) {
    const int dash = (style % 2 + style / kStyles * 2) % 4;
    return strCat("s", style % kStyles, dash > 0 ? strCat(" d", dash) : "");
}

/// Where values lie in the picture.
struct Frame {
    SvgAxis x, y;
    [[nodiscard]] double px(double value) const {
        return kLeft + x.place(value) * (kWidth - kLeft - kRight);
    }
    [[nodiscard]] double py(double value) const {
        return kTop + (1 - y.place(value)) * kPlotHeight;
    }
    [[nodiscard]] bool holds(double yValue) const {
        return std::isfinite(yValue) && (!y.log || yValue > 0);
    }
};

Frame frameOf(const LineChart& chart) {
    std::vector<double> xs, ys;
    for (const ChartSeries& series : chart.series) {
        xs.insert(xs.end(), series.x.begin(), series.x.end());
        for (const auto* values : {&series.y, &series.low, &series.high})
            ys.insert(ys.end(), values->begin(), values->end());
    }
    for (const ChartGuide& guide : chart.guides) ys.push_back(guide.y);
    return {makeAxis(xs, false, 7), makeAxis(ys, chart.logY, 7)};
}

std::string axes(const Frame& frame, const LineChart& chart) {
    std::string out;
    const double bottom = kTop + kPlotHeight, right = kWidth - kRight;
    for (const double tick : frame.y.ticks)
        out += line(kLeft, frame.py(tick), right, frame.py(tick), "gr") +
               text(kLeft - 6, frame.py(tick) + 4, tickText(tick), "end");
    for (const double tick : frame.x.ticks)
        out += line(frame.px(tick), bottom, frame.px(tick), bottom + 5, "ax") +
               text(frame.px(tick), bottom + 18, tickText(tick), "middle");
    out += line(kLeft, bottom, right, bottom, "ax") + line(kLeft, kTop, kLeft, bottom, "ax");
    out += text((kLeft + right) / 2, bottom + 38, chart.xLabel, "middle");
    const std::string turn =
        strCat(" transform=\"rotate(-90 14 ", num(kTop + kPlotHeight / 2), ")\"");
    return out + text(14, kTop + kPlotHeight / 2,
                      chart.yLabel + (frame.y.log ? " (log scale)" : ""), "middle", turn);
}

/// Unbroken stretches of finite points as SVG paths: a gap stays a gap.
std::string pathOf(const ChartSeries& series, const Frame& frame) {
    std::string path;
    bool pen = false;
    for (std::size_t i = 0; i < series.x.size() && i < series.y.size(); ++i) {
        const bool drawn = frame.holds(series.y[i]);
        if (drawn)
            path += strCat(pen ? "L" : "M", num(frame.px(series.x[i])), " ",
                           num(frame.py(series.y[i])));
        pen = drawn;
    }
    return path;
}

std::string bandOf(const ChartSeries& series, const Frame& frame) {
    std::string forth, back;
    for (std::size_t i = 0; i < series.low.size() && i < series.high.size() && i < series.x.size();
         ++i) {
        if (!frame.holds(series.low[i]) || !frame.holds(series.high[i])) continue;
        forth += strCat(num(frame.px(series.x[i])), ",", num(frame.py(series.high[i])), " ");
        back = strCat(num(frame.px(series.x[i])), ",", num(frame.py(series.low[i])), " ", back);
    }
    if (forth.empty()) return "";
    return strCat("<polygon class=\"bd s", series.style % kStyles, "\" points=\"", forth, back,
                  "\"/>");
}

std::string marker(double x, double y, int style, bool hollow) {
    const std::string fill = hollow ? " fill-opacity=\"0\" stroke-width=\"2\"" : "";
    if (style % 2 == 0)
        return strCat("<circle class=\"s", style % kStyles, "\" cx=\"", num(x), "\" cy=\"", num(y),
                      "\" r=\"4\"", fill, "/>");
    return strCat("<rect class=\"s", style % kStyles, "\" x=\"", num(x - 4), "\" y=\"", num(y - 4),
                  "\" width=\"8\" height=\"8\"", fill, "/>");
}

std::string draw(const ChartSeries& series, const Frame& frame) {
    std::string out = bandOf(series, frame);
    if (!series.points)
        out += strCat("<path class=\"ln ", classesOf(series.style), "\" d=\"",
                      pathOf(series, frame), "\"/>");
    for (std::size_t i = 0; i < series.x.size() && i < series.y.size(); ++i)
        if (frame.holds(series.y[i]) && (series.points || series.x.size() <= 24))
            out +=
                marker(frame.px(series.x[i]), frame.py(series.y[i]), series.style, series.points);
    return out;
}

/// The names of all series in lines from `top` on, and how high that is.
std::pair<std::string, double> legend(const std::vector<ChartSeries>& all, double top) {
    constexpr double kLine = 18;
    std::string out;
    double x = kLeft, y = top;
    for (const ChartSeries& series : all) {
        const double width = 40 + 6.6 * static_cast<double>(series.name.size());
        if (x + width > kWidth && x > kLeft) x = kLeft, y += kLine;
        if (series.points)
            out += marker(x + 12, y - 4, series.style, true);
        else
            out += line(x, y - 4, x + 24, y - 4, ("ln " + classesOf(series.style)).c_str());
        out += text(x + 30, y, series.name, "start");
        x += width;
    }
    return {out, y - top + kLine};
}

}  // namespace

std::string escapeXml(std::string_view text) {
    if (!isValidUtf8(text)) return "(text that is not UTF-8)";
    static constexpr std::pair<char, const char*> kEscapes[]{
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    std::string out;
    for (const char c : text) {
        const auto* escape = std::find_if(std::begin(kEscapes), std::end(kEscapes),
                                          [c](const auto& entry) { return entry.first == c; });
        const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
        if (escape != std::end(kEscapes))
            out += escape->second;
        else
            out += control ? ' ' : c;
    }
    return out;
}

double SvgAxis::place(double value) const {
    if (log) return (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
    return (value - low) / (high - low);
}

SvgAxis makeAxis(const std::vector<double>& values, bool log, int ticks) {
    SvgAxis axis{0, 0, log, {}};
    bool any = false;
    for (const double value : values) {
        if (!std::isfinite(value) || (log && value <= 0)) continue;
        axis.low = any ? std::min(axis.low, value) : value;
        axis.high = any ? std::max(axis.high, value) : value;
        any = true;
    }
    if (!any) axis.low = 1, axis.high = 10;
    // Within less than half a decade a logarithmic axis has hardly a round number: evenly spaced
    // ones then.
    const bool narrow = log && axis.high / axis.low < 3;
    if (!log || narrow)
        linearTicks(axis, ticks);
    else
        logTicks(axis, ticks);
    if (narrow && axis.low <= 0)
        axis.low = axis.ticks.size() > 1 ? axis.ticks[1] / 2 : axis.high / 2;
    std::erase_if(axis.ticks, [&](double tick) { return tick < axis.low; });
    return axis;
}

std::string tickText(double value) {
    if (std::fabs(value) >= 1000 && std::fabs(value) < 1e15)
        return groupDigits(std::llround(value));
    const double rounded = std::fabs(value) < 1e-12 ? 0 : value;
    std::string text = formatNumber(rounded, 4);
    if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string toSvg(const LineChart& chart, const std::string& id) {
    const Frame frame = frameOf(chart);
    const double bottom = kTop + kPlotHeight + 50;
    const auto [names, height] = legend(chart.series, bottom + 14);
    std::string out =
        open(chart.title, chart.description, id, bottom + height + 6) + axes(frame, chart);
    for (const ChartGuide& guide : chart.guides)
        if (frame.holds(guide.y))
            out += line(kLeft, frame.py(guide.y), kWidth - kRight, frame.py(guide.y), "gd") +
                   text(kWidth - kRight - 4, frame.py(guide.y) - 4, guide.name, "end");
    for (const ChartSeries& series : chart.series) out += draw(series, frame);
    return out + names + "</svg>";
}

std::string toSvg(const BarChart& chart, const std::string& id) {
    constexpr double kRow = 30, kNames = 230;
    std::vector<double> values{0};
    for (const ChartBar& bar : chart.bars) {
        values.push_back(bar.value + (std::isfinite(bar.error) ? bar.error : 0));
        values.push_back(bar.paper);
    }
    const SvgAxis axis = makeAxis(values, false, 6);
    const double bottom = kTop + kRow * static_cast<double>(chart.bars.size()),
                 span = kWidth - kNames - 80;
    const auto px = [&](double value) { return kNames + axis.place(value) * span; };
    std::string out = open(chart.title, chart.description, id, bottom + 46);
    for (const double tick : axis.ticks)
        out += line(px(tick), kTop, px(tick), bottom, "gr") +
               text(px(tick), bottom + 16, tickText(tick), "middle");
    for (std::size_t i = 0; i < chart.bars.size(); ++i) {
        const ChartBar& bar = chart.bars[i];
        const double y = kTop + kRow * static_cast<double>(i);
        out += text(kNames - 8, y + 19, bar.name, "end");
        if (!std::isfinite(bar.value)) continue;
        out += strCat("<rect class=\"s0\" x=\"", num(kNames), "\" y=\"", num(y + 5), "\" width=\"",
                      num(px(bar.value) - kNames), "\" height=\"20\"/>");
        const double error = std::isfinite(bar.error) ? bar.error : 0;
        if (error > 0)
            out += line(px(bar.value - error), y + 15, px(bar.value + error), y + 15, "wh");
        if (std::isfinite(bar.paper) && bar.paper > 0)
            out += line(px(bar.paper), y + 2, px(bar.paper), y + 28, "pm");
        out += text(px(bar.value + error) + 6, y + 19, figureText(bar.value), "start");
    }
    return out + line(kNames, kTop, kNames, bottom, "ax") +
           text(kNames + span / 2, bottom + 36, chart.valueLabel, "middle") + "</svg>";
}

}  // namespace skd
