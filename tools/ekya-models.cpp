// ekya-models: list the models of streams, and choose which one serves.
//   in: models of the store      out: a table, or ekya.model/1, JSON Lines      stderr: messages
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <set>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/store/rename_class.hpp"
#include "ekya/wire/sockets.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::StreamOptions streams;
    ekya::cli::StoreOptions store;
    ekya::cli::InputOutput io;
    ekya::SocketSecurity security;
    bool json = false, roll_back = false;
    std::string serve, swap, rename;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.streams, false);
    ekya::cli::add(app, o.store);
    ekya::cli::add_output(app, o.io);
    app.get_option("--streams")
        ->description(
            "stream list (JSON, schema ekya.streams/1) that limits the streams to its own "
            "(default: all of the store)");
    app.add_flag("--json", o.json,
                 "ekya.model/1, JSON Lines, instead of a table; field serving says now or before")
        ->group("Listing");
    auto* serve =
        app.add_option("--serve", o.serve, "make this model of one stream the serving one")
            ->check(ekya::cli::refuse_bad_name)
            ->group("Serving");
    app.add_flag("--roll-back", o.roll_back,
                 "make the model that served before the serving one again; a second roll-back "
                 "undoes the first")
        ->excludes(serve)
        ->group("Serving");
    app.add_option("--rename-class", o.rename,
                   "old=new: what the streams have learned of a class goes by its new name, which "
                   "the stream list has to use from then on")
        ->group("Classes");
    app.add_option("--swap", o.swap,
                   "control endpoint of the running inference that shall take it, with --serve or "
                   "--roll-back; {stream} becomes the id")
        ->group("Serving");
    ekya::cli::add(app, o.security);
    ekya::cli::describe(app, {"models of the store",
                              "a table for people, or ekya.model/1, JSON Lines (--json); with "
                              "--serve and --roll-back of that model only",
                              "ekya-models --store ekya-data --stream a --roll-back --swap "
                              "ipc:///run/ekya/{stream}.control",
                              ""});
}

std::vector<std::string> chosen_streams(const Options& o, const ekya::Store& store) {
    auto known = store.streams();
    if (!o.streams.list.empty()) {
        std::set<std::string> listed;
        for (const auto& stream : ekya::read_stream_list(o.streams.list)) listed.insert(stream.id);
        std::erase_if(known, [&](const auto& id) { return !listed.contains(id); });
    }
    if (o.streams.ids.empty()) return known;
    for (const auto& id : o.streams.ids)
        if (!std::binary_search(known.begin(), known.end(), id))
            throw ekya::InputError(store.root().string() + ": has no stream \"" + id + "\"");
    return o.streams.ids;
}

struct Row {
    ekya::ModelCard card;
    std::string state;  ///< now, before or nothing
};

std::vector<Row> rows_of(const ekya::Store& store, const std::string& stream) {
    std::vector<Row> rows;
    const auto now = store.serving(stream), before = store.served_before(stream);
    for (auto& card : store.model_cards(stream)) {
        const std::string state = card.id == now ? "now" : card.id == before ? "before" : "";
        rows.push_back({std::move(card), state});
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.card.window < b.card.window; });
    return rows;
}

std::string percent(const std::optional<double>& value) {
    char text[16];
    if (!value) return "-";
    std::snprintf(text, sizeof text, "%.1f", 100 * *value);
    return text;
}

using Cells = std::array<std::string, 8>;

Cells cells_of(const Row& row) {
    const auto& card = row.card;
    const std::string promoted = !card.promotion ? "-" : card.promotion->promoted ? "yes" : "no";
    return {card.stream,
            card.id,
            row.state.empty() ? "-" : row.state,
            card.window < 0 ? "-" : std::to_string(card.window),
            percent(card.accuracy),
            percent(card.parent_accuracy),
            std::to_string(card.held_out),
            promoted};
}

void write_table(const std::vector<Row>& rows, ekya::cli::Output& output) {
    std::vector<Cells> table{
        {"STREAM", "MODEL", "SERVES", "WINDOW", "ACCURACY %", "PARENT %", "HELD OUT", "PROMOTED"}};
    for (const auto& row : rows) table.push_back(cells_of(row));
    std::array<std::size_t, std::tuple_size_v<Cells>> widths{};
    for (const auto& line : table)
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], line[i].size());
    for (const auto& line : table) {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::string padding(widths[i] - line[i].size(), ' ');
            text += (i == 0 ? "" : "  ") +
                    (i < 3 ? line[i] + padding
                           : padding + line[i]);  // words to the left, numbers to the right
        }
        output.write_line(text);
    }
}

void write(const Options& o, const std::vector<Row>& rows, ekya::cli::Output& output) {
    if (!o.json) return write_table(rows, output);
    for (const auto& row : rows) {
        auto card = row.card;
        card.serving = row.state;
        output.write(ekya::encode(card));
    }
}

/// The weights are checked before anybody is told to load them; what serves changes once inference
/// has taken the model.
void serve(const Options& o, const std::string& stream, const ekya::Store& store,
           ekya::cli::Context& context) {
    const auto id = o.roll_back ? store.served_before(stream) : o.serve;
    if (!id)
        throw ekya::InputError("stream " + stream + ": no model served before the present one");
    const auto card =
        ekya::with_context("stream " + stream, [&] { return store.model(stream, *id); });
    if (!o.swap.empty()) {
        ekya::ControlRequest request;
        request.kind = ekya::ControlRequest::Kind::swap;
        request.model = card.id;
        const auto reply = ekya::send_control(ekya::endpoint_for(o.swap, stream), request,
                                              std::chrono::seconds(10), o.security);
        if (!reply.ok)
            throw ekya::Error("stream " + stream + ": inference refused the model: " + reply.error);
    }
    store.set_serving(stream, card.id);
    context.info("stream " + stream + ": " + card.id + " serves");
}

void rename(const Options& o, const ekya::Store& store, const std::vector<std::string>& streams,
            ekya::cli::Context& context) {
    const auto at = o.rename.find('=');
    if (at == std::string::npos || at == 0 || at + 1 == o.rename.size())
        throw ekya::ConfigError("--rename-class: \"" + o.rename + "\" is not of the form old=new");
    const auto from = o.rename.substr(0, at), to = o.rename.substr(at + 1);
    for (const auto& stream : streams) {
        const auto renamed = ekya::rename_class(store, stream, from, to);
        for (const auto& text : renamed.set_aside) context.warn(text);
        context.info("stream " + stream + ": " + from + " is " + to + " in " +
                     std::to_string(renamed.records) + " records");
    }
}

void run(const Options& o, ekya::cli::Context& context) {
    const bool changes = o.roll_back || !o.serve.empty();
    if (!o.swap.empty() && !changes)
        throw ekya::ConfigError("--swap: --serve or --roll-back is needed with it");
    ekya::check_endpoint(o.swap, o.security, ekya::EndpointUse::connect);
    const ekya::Store store(o.store.store);
    const auto streams = chosen_streams(o, store);
    if (changes && streams.size() != 1)
        throw ekya::ConfigError("--stream: exactly one is changed at a time, " +
                                std::to_string(streams.size()) + " are chosen");
    auto output = context.output(o.io);
    if (!o.rename.empty()) rename(o, store, streams, context);
    if (changes) serve(o, streams.front(), store, context);
    std::vector<Row> rows;
    for (const auto& stream : streams)
        for (auto& row : rows_of(store, stream))
            if (!changes || row.state == "now") rows.push_back(std::move(row));
    write(o, rows, output);
    output.commit();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-models", "List the models of streams; choose or roll back the one that serves.", argc,
        argv, add_options, run);
}
