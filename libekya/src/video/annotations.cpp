#include "ekya/video/annotations.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string_view>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"

namespace ekya {
namespace {

constexpr std::string_view header = "frame,class,x0,y0,x1,y1";
constexpr std::size_t field_count = 6;
using Fields = std::array<std::string_view, field_count>;

std::string quoted(std::string_view text) { return '"' + std::string(text.substr(0, 60)) + '"'; }

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

Fields split(std::string_view line) {
    const auto found = static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) + 1;
    if (found != field_count) {
        throw InputError("found " + std::to_string(found) +
                         " fields, expected 6: " + std::string(header));
    }
    Fields fields;
    for (auto& field : fields) {
        const auto comma = line.find(',');
        field = trimmed(line.substr(0, comma));
        line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
    }
    return fields;
}

double pixels(const char* name, std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
        throw InputError(std::string(name) + ": " + quoted(text) + " is not a number of pixels");
    }
    return value;
}

std::int64_t frame_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw InputError("frame: " + quoted(text) + " is not a whole number");
    }
    if (value < 0) {
        throw InputError("frame: " + std::string(text) + " is negative; frames count from 0");
    }
    return value;
}

/// The names allowed, in order of their bytes: a file of annotations has millions.
class ClassNames {
public:
    explicit ClassNames(std::span<const std::string> names) : sorted_(names.begin(), names.end()) {
        std::ranges::sort(sorted_);
        for (const auto& each : names) {
            if (listed_.size() + each.size() > limits::quoted_bytes) {
                listed_ += ", ...";
                break;
            }
            listed_ += (listed_.empty() ? "" : ", ") + each;
        }
    }
    [[nodiscard]] std::string find(std::string_view name) const {
        if (std::ranges::binary_search(sorted_, name)) return std::string(name);
        throw InputError("class: " + quoted(name) +
                         " is not one of the stream's classes: " + listed_);
    }

private:
    std::vector<std::string_view> sorted_;
    std::string listed_;
};

void require_order(const char* low_name, const char* high_name, std::string_view low_text,
                   std::string_view high_text, double low, double high) {
    if (!(high > low)) {
        throw InputError(std::string(high_name) + ": " + std::string(high_text) +
                         " is not greater than " + low_name + " (" + std::string(low_text) + ")");
    }
}

Annotation parse(std::string_view line, const ClassNames& classes) {
    const Fields fields = split(line);
    Annotation row;
    row.frame = frame_number(fields[0]);
    row.class_name = classes.find(fields[1]);
    row.box = {pixels("x0", fields[2]), pixels("y0", fields[3]), pixels("x1", fields[4]),
               pixels("y1", fields[5])};
    require_order("x0", "x1", fields[2], fields[4], row.box.x0, row.box.x1);
    require_order("y0", "y1", fields[3], fields[5], row.box.y0, row.box.y1);
    return row;
}

// The header with the spaces around its fields taken out.
std::string without_spaces(std::string_view line) {
    std::string result;
    for (const char c : line) {
        if (c != ' ' && c != '\t' && c != '\r') {
            result += c;
        }
    }
    return result;
}

std::string_view next_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

}  // namespace

AnnotationTable::AnnotationTable(std::string file, std::vector<Annotation> rows,
                                 std::vector<int> lines)
    : file_(std::move(file)) {
    if (rows.size() != lines.size()) {
        throw DomainError("lines: " + std::to_string(lines.size()) + " for " +
                          std::to_string(rows.size()) + " rows");
    }
    if (std::ranges::is_sorted(rows, {}, &Annotation::frame)) {  // as it is nearly always
        rows_ = std::move(rows);
        lines_ = std::move(lines);
        return;
    }
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return rows[a].frame < rows[b].frame; });
    for (const auto position : order) {
        rows_.push_back(std::move(rows[position]));
        lines_.push_back(lines[position]);
    }
}

std::span<const Annotation> AnnotationTable::of(std::int64_t frame) const {
    const auto first = std::ranges::lower_bound(rows_, frame, {}, &Annotation::frame);
    const auto last = std::ranges::upper_bound(rows_, frame, {}, &Annotation::frame);
    return {first, last};
}

std::string AnnotationTable::place(std::size_t row) const {
    return file_ + ":" + std::to_string(lines_.at(row));
}

AnnotationTable read_annotations(const std::filesystem::path& file,
                                 std::span<const std::string> classes) {
    const ClassNames names(classes);
    const std::string content = read_file(file);
    std::string_view rest = content;
    if (rest.starts_with("\xEF\xBB\xBF")) {
        rest.remove_prefix(3);
    }
    if (rest.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        throw InputError(file.string() + ": the file is empty, expected the header " +
                         std::string(header));
    }
    const auto first = trimmed(next_line(rest));
    if (without_spaces(first) != header) {
        throw InputError(file.string() + ":1: found " + quoted(first) + ", expected the header " +
                         std::string(header));
    }
    std::vector<Annotation> rows;
    std::vector<int> lines;
    for (int number = 2; !rest.empty(); ++number) {
        const auto line = trimmed(next_line(rest));
        if (!line.empty()) {
            if (rows.size() == limits::annotations)
                throw InputError(file.string() + ":" + std::to_string(number) + ": more than " +
                                 std::to_string(limits::annotations) + " boxes");
            rows.push_back(with_context(file.string() + ":" + std::to_string(number),
                                        [&] { return parse(line, names); }));
            lines.push_back(number);
        }
    }
    if (rows.empty()) {
        throw InputError(file.string() + ": no boxes after the header");
    }
    return {file.string(), std::move(rows), std::move(lines)};
}

std::size_t check_inside(AnnotationTable& table, int width, int height) {
    const auto inside = [&](const Annotation& row) { return clip(row.box, width, height); };
    for (std::size_t row = 0; row < table.size(); ++row) {
        const auto& annotation = table.rows()[row];
        if (!(inside(annotation).area() > 0)) {
            throw InputError(table.place(row) + ": the box lies completely outside the frame of " +
                             std::to_string(width) + " x " + std::to_string(height) + " pixels");
        }
    }
    std::size_t clipped = 0;
    for (std::size_t row = 0; row < table.size(); ++row) {
        const auto& annotation = table.rows()[row];
        const Box box = inside(annotation);
        if (box != annotation.box) {
            table.set_box(row, box);
            ++clipped;
        }
    }
    return clipped;
}

}  // namespace ekya
