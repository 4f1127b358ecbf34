#include "ekya/window/event_log.hpp"

#include <utility>

#include "ekya/wire/event_records.hpp"
#include "ekya/wire/json.hpp"

namespace ekya {
namespace {

constexpr std::uintmax_t most_bytes = 4'000'000;

}  // namespace

EventLog::EventLog(std::filesystem::path file, std::function<void(const std::string&)> say)
    : file_(std::move(file)), say_(std::move(say)), lines_(file_, "events") {}

void EventLog::add(const Event& event) {
    if (lines_.size() > most_bytes)
        if (const auto news = lines_.begin_anew(file_.string() + ".1"); !news.empty()) say_(news);
    if (const auto news = lines_.add(to_line(encode(event))); !news.empty()) say_(news);
}

}  // namespace ekya
