// Fields that many records have, described once.
#pragma once
#include "ekya/wire/fields.hpp"

namespace ekya::wire {

template <typename Record> void stream_field(Object<Record>& o, std::string Record::*member) {
    o.field("stream", member).format(file_name).text("id of the stream");
}

/// @param words which window it is
template <typename Record>
void window_field(Object<Record>& o, int Record::*member,
                  const std::string& words = "index of the retraining window, from 0") {
    o.field("window", member).within(0, limits::window).text(words);
}

/// @param words of what it is the time
template <typename Record>
void utc_field(Object<Record>& o, std::string Record::*member, const std::string& words) {
    o.field("utc", member)
        .format(utc_time)
        .omit_default()
        .text("wall-clock time " + words + ", RFC 3339 in UTC (measured); missing = not recorded");
}

}  // namespace ekya::wire
