#include "ekya/status/status_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "ekya/core/text.hpp"
#include "ekya/wire/status_records.hpp"

namespace ekya {
namespace {

using Kind = StatusLine::Kind;

/// Characters of UTF-8; each takes one column, which holds for the letters of most scripts.
std::size_t length_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

/// Bytes that so many characters at the begin of a text take.
std::size_t bytes_of(const std::string& text, std::size_t characters) {
    std::size_t bytes = 0;
    for (std::size_t seen = 0; bytes < text.size(); ++bytes) {
        const bool begins = (static_cast<unsigned char>(text[bytes]) & 0xc0) != 0x80;
        if (begins && seen++ == characters) break;
    }
    return bytes;
}

std::string fixed(double value, int digits) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string percent(double share) { return std::to_string(std::lround(100 * share)); }

std::string count_text(double count) {
    for (const auto& [unit, size] : {std::pair("G", 1e9), {"M", 1e6}, {"k", 1e4}})
        if (count >= size) {
            const double units = size < 1e5 ? 1e3 : size;
            return fixed(count / units, count < 10 * units ? 1 : 0) + unit;
        }
    return fixed(count, 0);
}

std::string duration_text(Seconds seconds) {
    if (seconds < 120) return fixed(std::max(seconds, 0.0), 0) + " s";
    if (seconds < 7200) return fixed(seconds / 60, 0) + " min";
    if (seconds < 172800) return fixed(seconds / 3600, 0) + " h";
    return fixed(seconds / 86400, 0) + " d";
}

std::string bytes_text(double bytes) { return fixed(bytes / 1e9, 1) + " GB"; }

template <typename T> std::string number_or_dash(const std::optional<T>& value, int digits) {
    return value ? fixed(static_cast<double>(*value), digits) : "-";
}

std::string state_text(const CameraStatus& camera) {
    return wire::description_of<CameraStatus::State>().name(camera.state);
}

std::string score_text(const CameraStatus& camera) {
    if (!camera.score) return "-";
    const auto& s = *camera.score;
    if (s.kind == ScoreStatus::Kind::accuracy)
        return percent(s.value) + " % (n " + count_text(static_cast<double>(s.n)) + ")";
    return "agrees " + percent(s.value) + " % (" + percent(s.low.value_or(0)) + "-" +
           percent(s.high.value_or(1)) + ", n " + std::to_string(s.n) + ")";
}

/// Ids say the window first, then the configuration.
std::string model_text(const CameraStatus& camera) {
    return camera.model.empty() ? "-" : camera.model.substr(0, camera.model.find('-'));
}

std::string share_text(const CameraStatus& camera) {
    if (!camera.share_granted) return "-";
    const std::string granted = *camera.share_granted > 0 ? fixed(*camera.share_granted, 2) : "all";
    return (camera.share_used ? fixed(*camera.share_used, 2) : std::string("-")) + "/" + granted;
}

struct Column {
    const char* title;
    int rank;  ///< that with the highest goes first where there is no room
    bool is_number;
    std::function<std::string(const CameraStatus&, double now)> cell;
};

const std::vector<Column>& columns() {
    constexpr std::size_t longest_name = 16;
    static const std::vector<Column> all{
        {"CAMERA", 0, false,
         [](const auto& c, double) { return shortened(c.stream, longest_name); }},
        {"STATE", 1, false, [](const auto& c, double) { return state_text(c); }},
        {"SCORE", 2, false, [](const auto& c, double) { return score_text(c); }},
        {"SEEN/s", 3, true, [](const auto& c, double) { return number_or_dash(c.seen_fps, 1); }},
        {"DONE/s", 4, true,
         [](const auto& c, double) { return number_or_dash(c.analysed_fps, 1); }},
        {"LOST", 6, true,
         [](const auto& c, double) {
             return c.lost ? count_text(static_cast<double>(*c.lost)) : "-";
         }},
        {"DELAY", 7, true,
         [](const auto& c, double) {
             return c.latency ? fixed(1000 * *c.latency, 0) + " ms" : "-";
         }},
        {"SHARE", 8, true, [](const auto& c, double) { return share_text(c); }},
        {"MODEL", 5, false, [](const auto& c, double) { return model_text(c); }},
        {"AGE", 9, true,
         [](const auto& c, double now) {
             return c.model_since ? duration_text(now - *c.model_since) : "-";
         }},
    };
    return all;
}

struct Table {
    std::vector<const Column*> shown;
    std::vector<std::size_t> widths;  ///< of the columns shown

    [[nodiscard]] std::size_t width() const {
        std::size_t sum = shown.empty() ? 0 : 2 * (shown.size() - 1);
        for (const auto one : widths) sum += one;
        return sum;
    }
    void drop_last_ranked() {
        const auto worst = std::max_element(shown.begin(), shown.end(),
                                            [](auto* a, auto* b) { return a->rank < b->rank; });
        widths.erase(widths.begin() + (worst - shown.begin()));
        shown.erase(worst);
    }
    [[nodiscard]] std::string line(const std::function<std::string(const Column&)>& cell) const {
        std::string text;
        for (std::size_t i = 0; i < shown.size(); ++i) {
            const std::string value = cell(*shown[i]);
            const std::string padding(widths[i] - std::min(widths[i], length_of(value)), ' ');
            text +=
                (i == 0 ? "" : "  ") + (shown[i]->is_number ? padding + value : value + padding);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        return text;
    }
};

Table table_of(const StoreStatus& status, std::size_t width) {
    Table table;
    for (const auto& column : columns()) {
        std::size_t widest = length_of(column.title);
        for (const auto& camera : status.cameras)
            widest = std::max(widest, length_of(column.cell(camera, status.time)));
        table.shown.push_back(&column);
        table.widths.push_back(widest);
    }
    while (table.shown.size() > 1 && table.width() > width) table.drop_last_ranked();
    return table;
}

/// A text in at most three lines, broken at blanks where it can be; the later ones are indented.
std::vector<std::string> wrapped(std::string text, std::size_t width) {
    constexpr std::size_t most = 3;
    const std::string indent = "    ";
    std::vector<std::string> lines;
    while (lines.size() + 1 < most && length_of(text) > width && width > 2 * indent.size()) {
        const auto full = bytes_of(text, width);
        const auto blank = text.rfind(' ', full);
        const bool breaks = blank != std::string::npos && blank > width / 2;
        const auto end = breaks ? blank : full;
        lines.push_back(text.substr(0, end));
        text = indent + text.substr(end + (breaks ? 1 : 0));
    }
    lines.push_back(shortened(text, width));
    return lines;
}

std::string training_text(const TrainingStatus& training) {
    if (!training.running) return "a retraining is planned: " + training.config;
    std::string text = "retrains " + training.config;
    text += training.paused ? ", paused" : ", share " + fixed(training.share, 2);
    return text + (training.ends_in ? ", ends in " + duration_text(*training.ends_in) : ", late");
}

}  // namespace

std::string shortened(const std::string& text, std::size_t width) {
    if (length_of(text) <= width) return text;
    const std::string end = width > 2 ? ".." : "";
    return text.substr(0, bytes_of(text, width - end.size())) + end;
}

void order_cameras(StoreStatus& status, CameraOrder order) {
    constexpr double last = std::numeric_limits<double>::infinity();
    const auto key = [&](const CameraStatus& c) {
        switch (order) {
            case CameraOrder::state:
                return c.problems.empty() ? 1.0 : 0.0;
            case CameraOrder::score:
                return c.score ? c.score->value : last;
            case CameraOrder::speed:
                return c.analysed_fps.value_or(last);
            case CameraOrder::age:
                return c.model_since.value_or(last);
            case CameraOrder::name:
                break;
        }
        return 0.0;
    };
    std::sort(status.cameras.begin(), status.cameras.end(), [&](const auto& a, const auto& b) {
        return std::pair(key(a), a.stream) < std::pair(key(b), b.stream);
    });
}

std::vector<StatusLine> heading_lines(const StoreStatus& status, std::size_t width) {
    std::vector<StatusLine> lines;
    const auto add = [&](const std::string& text, bool is_bad = false) {
        lines.push_back({is_bad ? Kind::problem : Kind::heading, shortened(text, width), is_bad});
    };
    add(status.store + ": " + wire::description_of<StoreStatus::Health>().name(status.health),
        status.health != StoreStatus::Health::healthy);
    if (status.holder) {
        const auto& holder = *status.holder;
        add(holder.program + ", process " + std::to_string(holder.process) +
            (holder.since.empty() ? "" : ", since " + holder.since));
    }
    std::string window;
    if (status.window) {
        window = "window " + std::to_string(*status.window);
        if (status.window_seconds > 0)
            window += " of " + to_text(std::round(100 * status.window_seconds) / 100) + " s";
        if (status.window_left) window += " ends in " + duration_text(*status.window_left);
    } else if (status.holder && status.window_left) {
        window = "the first window begins in " + duration_text(*status.window_left);
    }
    if (!status.jobs.empty()) {
        window += "; runs";
        for (std::size_t i = 0; i < status.jobs.size(); ++i)
            window += (i == 0 ? " " : ", ") + status.jobs[i];
    }
    if (!window.empty()) add(window);
    add("disk: " + bytes_text(status.disk_free) + " of " + bytes_text(status.disk_size) + " free");
    for (const auto& problem : status.problems) add("! " + problem, true);
    return lines;
}

std::vector<StatusLine> camera_lines(const StoreStatus& status, std::size_t width) {
    const Table table = table_of(status, width);
    std::vector<StatusLine> lines;
    lines.push_back(
        {Kind::titles,
         shortened(table.line([](const Column& column) { return std::string(column.title); }),
                   width),
         false});
    for (const auto& camera : status.cameras) {
        const auto text =
            table.line([&](const Column& column) { return column.cell(camera, status.time); });
        lines.push_back({Kind::camera, shortened(text, width), !camera.problems.empty()});
        const auto add = [&](Kind kind, const std::string& more) {
            for (auto& line : wrapped("  " + more, width))
                lines.push_back({kind, std::move(line), kind == Kind::problem});
        };
        for (const auto& problem : camera.problems) add(Kind::problem, "! " + problem);
        if (camera.training) add(Kind::detail, training_text(*camera.training));
        for (const auto& note : camera.notes) add(Kind::detail, note);
    }
    return lines;
}

std::vector<StatusLine> picture(const StoreStatus& status, std::size_t width) {
    auto lines = heading_lines(status, width);
    lines.emplace_back();
    for (auto& line : camera_lines(status, width)) lines.push_back(std::move(line));
    return lines;
}

}  // namespace ekya
