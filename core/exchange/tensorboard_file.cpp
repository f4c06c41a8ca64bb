#include "exchange/tensorboard_file.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/files.h"
#include "base/text.h"
#include "exchange/protobuf.h"

namespace skd {
namespace {

constexpr std::array<std::uint32_t, 256> makeTable() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0x82F63B78u : value >> 1;
        table[byte] = value;
    }
    return table;
}
constexpr std::array kTable = makeTable();

// Numbers of fields in tensorboard's event.proto, summary.proto and tensor.proto.
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5;
constexpr int kValue = 1, kTag = 1, kSimpleValue = 2, kTensor = 8;
constexpr int kTensorType = 1, kTensorContent = 4, kFloatValues = 5, kDoubleValues = 6;
constexpr std::uint64_t kFloatType = 1, kDoubleType = 2;

template <class Value>
void append(std::string& out, Value value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Value>
Value load(std::string_view bytes) {
    Value value{};
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

void appendRecord(std::string& out, const std::string& data) {
    std::string length;
    append(length, static_cast<std::uint64_t>(data.size()));
    out += length;
    append(out, maskedCrc32c(length));
    out += data;
    append(out, maskedCrc32c(data));
}

std::string eventOf(const MetricRow& row) {
    ProtobufWriter value, summary, event;
    value.text(kTag, row.name);
    value.fixed(kSimpleValue, static_cast<float>(row.value));
    summary.text(kValue, value.bytes());
    event.fixed(kWallTime, static_cast<double>(row.timeMs) / 1000);
    event.varint(kStep, static_cast<std::uint64_t>(row.step));
    event.text(kSummary, summary.bytes());
    return event.bytes();
}

/// The one number of a scalar tensor; nothing for others.
std::optional<double> scalarOf(std::string_view message) {
    ProtobufReader reader(message);
    std::uint64_t type = 0;
    std::optional<double> value;
    std::string_view content;
    while (const auto field = reader.next()) {
        if (field->number == kTensorType) type = field->value;
        if (field->number == kTensorContent) content = field->bytes;
        if (field->number == kFloatValues && field->type == 5) value = field->asFloat();
        if (field->number == kFloatValues && field->type == 2 && field->bytes.size() == 4)
            value = load<float>(field->bytes);
        if (field->number == kDoubleValues && field->type == 1) value = field->asDouble();
        if (field->number == kDoubleValues && field->type == 2 && field->bytes.size() == 8)
            value = load<double>(field->bytes);
    }
    if (type == kFloatType && content.size() == 4) return load<float>(content);
    if (type == kDoubleType && content.size() == 8) return load<double>(content);
    return value;
}

/// False when the message is malformed. Summaries other than scalars are skipped.
bool readSummary(std::string_view message, const MetricRow& at, std::vector<MetricRow>& rows) {
    ProtobufReader summary(message);
    while (const auto field = summary.next()) {
        if (field->number != kValue || field->type != 2) continue;
        ProtobufReader value(field->bytes);
        MetricRow row = at;
        std::optional<double> number;
        while (const auto part = value.next()) {
            if (part->number == kTag && part->type == 2) row.name = std::string(part->bytes);
            if (part->number == kSimpleValue && part->type == 5) number = part->asFloat();
            if (part->number == kTensor && part->type == 2) number = scalarOf(part->bytes);
        }
        if (value.broken()) return false;
        row.value = number.value_or(0);
        if (number && !row.name.empty() && row.name.size() <= 1000 && isValidUtf8(row.name))
            rows.push_back(std::move(row));
    }
    return !summary.broken();
}

bool readEvent(std::string_view message, std::vector<MetricRow>& rows) {
    ProtobufReader event(message);
    MetricRow at;
    std::string_view summary;
    while (const auto field = event.next()) {
        if (field->number == kWallTime && field->type == 1 && std::abs(field->asDouble()) < 1e12)
            at.timeMs = std::llround(field->asDouble() * 1000);
        if (field->number == kStep && field->type == 0)
            at.step = static_cast<std::int64_t>(field->value);
        if (field->number == kSummary && field->type == 2) summary = field->bytes;
    }
    return !event.broken() && readSummary(summary, at, rows);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (const char c : bytes)
        crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
    return ~crc;
}

std::uint32_t maskedCrc32c(std::string_view bytes) {
    const std::uint32_t crc = crc32c(bytes);
    return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

std::string tensorboardFile(std::span<const MetricRow> rows, std::int64_t createdMs) {
    std::vector<const MetricRow*> order;
    for (const MetricRow& row : rows) order.push_back(&row);
    std::stable_sort(order.begin(), order.end(),
                     [](const MetricRow* a, const MetricRow* b) { return a->timeMs < b->timeMs; });
    std::string out;
    ProtobufWriter first;
    first.fixed(kWallTime, static_cast<double>(createdMs) / 1000);
    first.text(kFileVersion, "brain.Event:2");
    appendRecord(out, first.bytes());
    for (const MetricRow* row : order) appendRecord(out, eventOf(*row));
    return out;
}

Result<ScalarFile> readTensorboardFile(const std::filesystem::path& path) {
    constexpr std::size_t kHeader = 12, kFooter = 4;
    SKD_TRY(const std::string bytes, readFile(path));
    const std::string_view all = bytes;
    ScalarFile file;
    std::size_t at = 0;
    const auto endedBy = [&](const char* what) {
        file.damage = at == 0 ? strCat(path.string(), " is not a TensorBoard event file; left out")
                              : strCat(path.string(), ": the record at byte ", at, " ", what,
                                       "; what stands before it is taken");
        return file;
    };
    while (all.size() - at >= kHeader) {
        const std::string_view length = all.substr(at, 8);
        if (load<std::uint32_t>(all.substr(at + 8)) != maskedCrc32c(length))
            return endedBy("has a length with a wrong checksum");
        const auto size = load<std::uint64_t>(length);
        // Whoever writes the file may still be at it.
        if (size > all.size() - at - kHeader || all.size() - at - kHeader - size < kFooter) break;
        const std::string_view data = all.substr(at + kHeader, size);
        if (load<std::uint32_t>(all.substr(at + kHeader + size)) != maskedCrc32c(data))
            return endedBy("has a wrong checksum");
        if (!readEvent(data, file.rows)) return endedBy("is no event");
        at += kHeader + size + kFooter;
    }
    return at == 0 && !all.empty() ? endedBy("is cut off") : file;
}

bool isTensorboardName(std::string_view fileName) {
    return fileName.find("tfevents") != std::string_view::npos;
}

}  // namespace skd
