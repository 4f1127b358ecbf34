#include "ekya/publish/live_feed.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

constexpr int queue = 1000;           // records that may wait here, of each publisher
constexpr Seconds look_every = 1;     // for streams that come
constexpr Seconds keep_trying = 60;   // a socket that is not there any more
constexpr int events_every_ms = 250;  // the file of events is looked at
constexpr std::size_t most_streams = 1000;

const std::map<std::string, LiveRecord::Kind>& kinds() {
    static const std::map<std::string, LiveRecord::Kind> all{
        {"ekya.inference/1", LiveRecord::Kind::answer},
        {"ekya.accuracy/1", LiveRecord::Kind::accuracy},
        {"ekya.inference-event/1", LiveRecord::Kind::inference},
        {"ekya.event/1", LiveRecord::Kind::service}};
    return all;
}

std::string text_of(const Json& json, const char* field) {
    const auto found = json.find(field);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::optional<LiveRecord> live_record(std::string line, std::string& why) try {
    LiveRecord record;
    record.json = parse_json(line, "record");
    if (!record.json.is_object()) throw InputError("record: is no object");
    const auto kind = kinds().find(text_of(record.json, "schema"));
    if (kind == kinds().end())
        throw InputError("record: /schema: \"" +
                         printable(text_of(record.json, "schema"), limits::quoted_bytes) +
                         "\" is no record of live streams");
    record.kind = kind->second;
    record.stream = text_of(record.json, "stream");
    const bool may_lack = record.kind == LiveRecord::Kind::service && record.stream.empty();
    if (!may_lack && !is_file_name(record.stream))
        throw InputError("record: /stream: is no id of a stream");
    const bool one_line = line.find_first_of("\r\n") == std::string::npos;
    record.line = one_line ? std::move(line) : to_line(record.json);
    return record;
} catch (const Error& e) {
    why = e.what();
    return std::nullopt;
}

LiveFeed::LiveFeed(Options options, const Clock& clock)
    : o_(std::move(options)),
      clock_(clock),
      files_(o_.store),
      subscriber_(queue, o_.security),
      next_look_(clock.now()) {
    for (const auto& endpoint : o_.endpoints) subscriber_.connect(endpoint);
    if (o_.store.empty()) return;
    if (o_.events) service_events_.emplace(files_.events(), LineFollower::From::end);
    look();
}

bool LiveFeed::wants(const std::string& stream) const {
    return o_.streams.empty() || stream.empty() ||
           std::find(o_.streams.begin(), o_.streams.end(), stream) != o_.streams.end();
}

std::vector<std::string> LiveFeed::streams() const {
    auto found = o_.store.empty() ? std::vector<std::string>() : files_.streams("frames");
    std::erase_if(found, [this](const auto& id) { return !wants(id); });
    return found;
}

void LiveFeed::follow(const std::string& stream, const std::string& kind) {
    const auto endpoint = files_.endpoint(stream, kind);
    auto& known = endpoints_[stream + "." + kind];
    gone_.erase(stream + "." + kind);
    if (endpoint.empty() || known == endpoint) return;
    if (!known.empty()) subscriber_.disconnect(known);
    known = endpoint;
    subscriber_.connect(endpoint);
}

void LiveFeed::look() {
    next_look_ = clock_.now() + look_every;
    for (auto& [name, endpoint] : endpoints_) gone_.try_emplace(name, clock_.now());
    for (const auto& [kind, wanted] : {std::pair("answers", o_.answers), {"events", o_.events}}) {
        if (!wanted) continue;
        for (const auto& stream : files_.streams(kind)) try {
                if (wants(stream) && endpoints_.size() < 2 * most_streams) follow(stream, kind);
            } catch (const ConfigError& e) {  // a path that is too long
                complaints_.add(e.what());
            }
    }
    std::erase_if(endpoints_, [this](const auto& entry) {
        const auto gone = gone_.find(entry.first);
        if (gone == gone_.end() || clock_.now() - gone->second < keep_trying) return false;
        subscriber_.disconnect(entry.second);
        gone_.erase(gone);
        return true;
    });
}

void LiveFeed::wait(std::chrono::milliseconds limit) {
    if (!lines_.empty()) return;
    if (!o_.store.empty() && clock_.now() >= next_look_) look();
    const std::chrono::milliseconds events_every(events_every_ms);
    subscriber_.wait(service_events_ ? std::min(limit, events_every) : limit);
    if (!service_events_ || clock_.now() < next_events_) return;
    next_events_ = clock_.now() + events_every_ms / 1000.0;
    for (auto& line : service_events_->take()) lines_.push_back(std::move(line));
}

std::optional<LiveRecord> LiveFeed::next() {
    while (true) {
        std::optional<std::string> line;
        if (!lines_.empty()) {
            line = std::move(lines_.front());
            lines_.pop_front();
        } else {
            line = subscriber_.next();
        }
        if (!line) return std::nullopt;
        if (auto record = take(std::move(*line))) return record;
    }
}

std::optional<LiveRecord> LiveFeed::take(std::string line) {
    std::string why;
    auto record = live_record(std::move(line), why);
    if (!record) {
        complaints_.add("a message was skipped: " + why);
        return std::nullopt;
    }
    const bool is_answer = record->kind == LiveRecord::Kind::answer;
    if (!wants(record->stream) || !(is_answer ? o_.answers : o_.events)) return std::nullopt;
    if (is_answer && !is_new(*record)) return std::nullopt;
    return record;
}

bool LiveFeed::is_new(const LiveRecord& answer) {
    const auto number = [&](const char* field) {
        const auto found = answer.json.find(field);
        return found != answer.json.end() && found->is_number_integer() ? found->get<std::int64_t>()
                                                                        : std::int64_t{0};
    };
    const Place place{static_cast<int>(number("window")), number("frame")};
    if (last_.size() >= most_streams && !last_.contains(answer.stream)) return true;
    const auto [last, first] = last_.try_emplace(answer.stream, place);
    if (first) return true;
    const auto gap = place.frame - last->second.frame - 1;
    // A source that is recorded from another place counts anew, in a later window.
    if (gap < 0 && place.window <= last->second.window) return false;
    if (gap > 0 && gap < limits::frame_leap) missed_ += gap;
    last->second = place;
    return true;
}

void LiveFeed::begin_behind(const std::string& stream, int window, std::int64_t frame) {
    last_[stream] = {window, frame};
}

std::vector<std::string> LiveFeed::troubles() {
    auto troubles = subscriber_.troubles();
    if (auto complaint = complaints_.take(clock_.now())) troubles.push_back(std::move(*complaint));
    return troubles;
}

void for_each_recorded_answer(const LiveFiles& files, const std::string& stream,
                              const std::function<void(const LiveRecord&)>& use) {
    const auto file = files.answers(stream);
    for (const auto& name : {file.string() + ".1", file.string()}) {
        std::ifstream in(name, std::ios::binary);
        std::string line, why;
        for (long number = 1; std::getline(in, line); ++number) {
            const bool whole = !in.eof();
            if (line.empty()) continue;
            const auto record = live_record(std::move(line), why);
            if (record && record->kind == LiveRecord::Kind::answer)
                use(*record);
            else if (whole)
                throw InputError(name + ":" + std::to_string(number) + ": " +
                                 (record ? "is no answer" : why));
        }
    }
}

}  // namespace ekya
