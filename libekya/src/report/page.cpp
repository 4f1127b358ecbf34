#include "ekya/report/page.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <set>

#include "assets.hpp"
#include "ekya/core/text.hpp"
#include "ekya/profile/agreement.hpp"
#include "ekya/wire/json.hpp"
#include "plot.hpp"

namespace ekya::report {
namespace {

constexpr std::size_t most_rows = 100;      // of a table on the page
constexpr std::size_t most_messages = 100;  // about damaged records

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

/// As a Content-Security-Policy names what it lets run.
std::string hash_source(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        throw Error("SHA-256 cannot be computed");
    return "'sha256-" + base64({reinterpret_cast<const char*>(digest.data()), size}) + "'";
}

/// References to source maps go: developer tools would ask for them.
std::string without_source_map(std::string_view text) {
    const auto at = text.rfind("sourceMappingURL=");
    if (at == std::string_view::npos || text.size() - at > 200) return std::string(text);
    const auto line = text.rfind('\n', at);
    return std::string(text.substr(0, line == std::string_view::npos ? at : line));
}

std::string row(const std::vector<std::string>& cells, const char* tag, std::size_t texts) {
    std::string html = "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i)
        html += std::string("<") + tag + (i < texts ? " class=\"text\">" : ">") +
                html_text(cells[i]) + "</" + tag + ">";
    return html + "</tr>\n";
}

/// @param texts how many of the first columns are words
std::string table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows, std::size_t texts) {
    std::string html =
        "<div class=\"scroll\"><table>\n<thead>" + row(header, "th", texts) + "</thead>\n<tbody>\n";
    for (const auto& cells : rows) html += row(cells, "td", texts);
    return html + "</tbody>\n</table></div>\n";
}

std::string fact(const std::string& value, const std::string& what) {
    return "<li><b>" + html_text(value) + "</b><span>" + html_text(what) + "</span></li>\n";
}

std::string score_text(const StreamHistory& stream) {
    const auto& result = stream.result;
    if (result.mean_accuracy) return percent(*result.mean_accuracy) + " %";
    return result.agreement ? to_text(*result.agreement) : "-";
}

std::string duration_text(Seconds seconds) {
    if (seconds < 120) return number(seconds, 4) + " s";
    if (seconds < 7200) return number(seconds / 60, 3) + " min";
    if (seconds < 172800) return number(seconds / 3600, 3) + " h";
    return number(seconds / 86400, 3) + " days";
}

std::string share_text(std::int64_t part, std::int64_t all) {
    return all > 0 ? percent(static_cast<double>(part) / static_cast<double>(all)) + " %" : "-";
}

std::string outcomes_text(const StreamHistory& stream) {
    std::map<std::string, int> counts;
    for (const auto& record : stream.retrainings) ++counts[outcome_text(record.outcome)];
    std::string text;
    for (const auto& [outcome, count] : counts)
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + outcome;
    return text.empty() ? "-" : text;
}

/// The newest window of a stream, as its last score was.
std::string newest_text(const StreamHistory& stream) {
    for (auto i = stream.windows.rbegin(); i != stream.windows.rend(); ++i) {
        if (i->accuracy) return percent(*i->accuracy) + " % in window " + std::to_string(i->window);
        if (i->agreement) return to_text(*i->agreement) + " in window " + std::to_string(i->window);
    }
    return "-";
}

std::string streams_table(const RunHistory& run) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& stream : run.streams)
        rows.push_back({stream.id(), stream.serving.empty() ? "-" : stream.serving,
                        score_text(stream), newest_text(stream), outcomes_text(stream),
                        share_text(stream.analysed, stream.frames),
                        share_text(stream.lost, stream.frames)});
    return table({"stream", "serving model", "all windows", "newest", "retrainings",
                  "frames analysed", "lost"},
                 rows, 5);
}

std::string policies_table(const History& history) {
    std::set<std::string> ids;
    for (const auto& run : history.runs)
        for (const auto& stream : run.streams) ids.insert(stream.id());
    constexpr std::size_t most = 8;
    std::vector<std::string> header{"policy", "mean accuracy"}, shown;
    for (const auto& id : ids)
        if (shown.size() < most) shown.push_back(id);
    header.insert(header.end(), shown.begin(), shown.end());
    if (ids.size() > most) header.push_back(std::to_string(ids.size() - most) + " more");
    header.insert(header.end(), {"retrainings", "device time"});
    std::vector<std::vector<std::string>> rows;
    for (const auto& run : history.runs) {
        std::vector<std::string> cells{
            run.name, run.mean_accuracy ? percent(*run.mean_accuracy) + " %" : "-"};
        for (const auto& id : shown) {
            std::string cell = "-";
            for (const auto& stream : run.streams)
                if (stream.id() == id) cell = score_text(stream);
            cells.push_back(cell);
        }
        if (ids.size() > most) cells.emplace_back("...");
        cells.push_back(std::to_string(run.retrainings));
        cells.push_back(number(run.device_seconds, 4) + " s");
        rows.push_back(std::move(cells));
    }
    return table(header, rows, 1);
}

Json json_of(const Chart& chart) {
    Json curves = Json::array(), values = Json::array();
    for (const auto& curve : chart.curves)
        curves.push_back(
            {{"name", printable(curve.name, 80)}, {"colour", curve.colour}, {"dash", curve.dash}});
    for (const auto& row : chart.values) {
        Json cells = Json::array();
        for (const auto& value : row) cells.push_back(value ? Json(*value) : Json());
        values.push_back(std::move(cells));
    }
    Json bars = Json::array(), triangles = Json::array();
    for (const auto& bar : chart.bars) bars.push_back({bar.curve, bar.begin, bar.end, bar.filled});
    for (const auto& triangle : chart.triangles)
        triangles.push_back({triangle.curve, triangle.time, triangle.value});
    return {{"stacked", chart.stacked},          {"wallClock", chart.wall_clock},
            {"intervals", chart.intervals},      {"steps", chart.steps},
            {"xLabel", chart.x_label},           {"yLabel", chart.y_label},
            {"curves", std::move(curves)},       {"times", chart.times},
            {"values", std::move(values)},       {"bars", std::move(bars)},
            {"triangles", std::move(triangles)}, {"end", chart.end}};
}

std::string figure(const DrawnPicture& drawn, bool with_chart) {
    const auto& picture = drawn.picture;
    const bool chart = with_chart && picture.chart && !picture.chart->times.empty();
    std::string html =
        "<figure id=\"" + html_text(picture.name) + "\"" + (chart ? " data-chart=\"\"" : "") +
        ">\n<figcaption><h3>" + html_text(picture.title) + "</h3><p>" + html_text(picture.caption) +
        "</p></figcaption>\n<img class=\"picture\" width=\"" + std::to_string(picture.width) +
        "\" height=\"" + std::to_string(picture.height) + "\" alt=\"" +
        html_text(picture.title + ". " + picture.caption) + "\" src=\"data:image/svg+xml;base64," +
        base64(drawn.svg) + "\">\n";
    if (chart)
        html += "<script type=\"application/json\">" +
                json_in_html(to_line(json_of(*picture.chart))) + "</script>\n";
    if (const auto count = picture.table.count(); count > most_rows || picture.table.long_rows) {
        html += "<p class=\"soft\">The numbers: " + std::to_string(count) +
                " rows, written by --csv.</p>\n";
    } else if (count > 0) {
        html += "<details><summary>The numbers</summary>\n" +
                table(picture.table.header, picture.table.rows, 2) + "</details>\n";
    }
    return html + "</figure>\n";
}

std::string damaged_list(const History& history) {
    if (history.damaged.empty()) return {};
    std::string html = "<section id=\"damaged\" class=\"warning\"><b>" +
                       std::to_string(history.damaged.size()) +
                       " records could not be read and are left out</b>\n<ul>\n";
    for (std::size_t i = 0; i < std::min(most_messages, history.damaged.size()); ++i)
        html += "<li>" + html_text(printable(history.damaged[i], 400)) + "</li>\n";
    if (history.damaged.size() > most_messages)
        html +=
            "<li>and " + std::to_string(history.damaged.size() - most_messages) + " more</li>\n";
    return html + "</ul></section>\n";
}

std::string facts(const History& history) {
    const auto& run = main_run(history);
    std::string html = "<ul class=\"facts\">\n";
    if (history.runs.size() > 1) html += fact(std::to_string(history.runs.size()), "policies");
    html += fact(std::to_string(run.streams.size()), "streams");
    html += fact(std::to_string(run.windows.size()),
                 "windows of " + duration_text(history.window_seconds));
    if (!history.experiment && !run.windows.empty()) {
        html += fact(duration_text(run.end() - run.begin()), "from first to last");
        html += fact(utc_text(run.end()), "end of the newest window");
    }
    if (run.mean_accuracy)
        html += fact(percent(*run.mean_accuracy) + " %",
                     history.runs.size() > 1 ? "mean accuracy with " + run.name : "mean accuracy");
    html += fact(std::to_string(run.retrainings), "retrained models taken over");
    return html + "</ul>\n";
}

std::string head(const std::string& title, const std::string& style,
                 const std::vector<std::string>& scripts) {
    std::string sources;
    for (const auto& script : scripts) sources += " " + hash_source(script);
    const std::string policy =
        "default-src 'none'; img-src data:; style-src " + hash_source(style) + "; script-src" +
        (sources.empty() ? " 'none'" : sources) + "; base-uri 'none'; form-action 'none'";
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"" +
           policy +
           "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" "
           "href=\"data:,\">\n<title>" +
           html_text(title) + "</title>\n<style>" + style + "</style>\n</head>\n";
}

}  // namespace

std::string html_page(const std::string& title, const History& history,
                      const std::vector<DrawnPicture>& pictures) {
    const std::string style =
        without_source_map(assets::dygraphs_style()) + "\n" + std::string(assets::style());
    std::vector<std::string> scripts;
    if (!assets::dygraphs_script().empty())
        scripts = {without_source_map(assets::dygraphs_script()), std::string(assets::script())};
    const std::string heading =
        (history.experiment ? "Experiment " : "Service ") + printable(title, 200);
    std::string html = head("ekya: " + heading, style, scripts);
    html += "<body>\n<header>\n<h1>" + html_text(heading) +
            "</h1>\n<p class=\"soft\">What ekya did, from its own records. How to read each "
            "picture: docs/report.md.</p>\n</header>\n";
    html += facts(history) + damaged_list(history);
    if (history.runs.size() > 1) html += "<h2>Policies</h2>\n" + policies_table(history);
    for (const auto& drawn : pictures)
        if (drawn.picture.run.empty() && history.experiment)
            html += figure(drawn, !scripts.empty());
    const auto& first = main_run(history);
    std::vector<const RunHistory*> runs{&first};
    for (const auto& run : history.runs)
        if (&run != &first) runs.push_back(&run);
    for (const auto* run : runs) {
        std::string figures;
        for (const auto& drawn : pictures)
            if (drawn.picture.run == run->name && (!run->name.empty() || !history.experiment))
                figures += figure(drawn, !scripts.empty());
        if (figures.empty()) continue;
        const std::string name =
            run->name.empty() ? "Streams" : "Policy " + html_text(printable(run->name, 100));
        if (run == &first)
            html += "<h2>" + name + "</h2>\n" + streams_table(*run) + figures;
        else
            html += "<details class=\"policy\"><summary>" + name + "</summary>\n" +
                    streams_table(*run) + figures + "</details>\n";
    }
    for (const auto& script : scripts) html += "<script>" + script + "</script>\n";
    return html + "</body>\n</html>\n";
}

}  // namespace ekya::report
