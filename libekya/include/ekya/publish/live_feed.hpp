#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/complaints.hpp"
#include "ekya/publish/line_follower.hpp"
#include "ekya/store/live_files.hpp"
#include "ekya/wire/json.hpp"
#include "ekya/wire/record_subscriber.hpp"

namespace ekya {

/// A record of running inference or of a service.
struct LiveRecord {
    enum class Kind {
        answer,     ///< ekya.inference/1
        accuracy,   ///< ekya.accuracy/1
        inference,  ///< ekya.inference-event/1
        service     ///< ekya.event/1
    };
    Kind kind = Kind::answer;
    std::string stream;  ///< empty = the whole service
    std::string line;    ///< the record as it came, without newline
    Json json;
};

/// @return none, and why, for what is no record of these kinds
[[nodiscard]] std::optional<LiveRecord> live_record(std::string line, std::string& why);

/// What happens in a store as it happens: answers and events of all its streams, from their
/// sockets, and events of the service, from their file. Streams that come, programs that are
/// started again, and a service that begins later are taken up within a second or two.
class LiveFeed {
public:
    struct Options {
        std::filesystem::path store;         ///< empty = only the endpoints
        std::vector<std::string> streams;    ///< empty = all
        std::vector<std::string> endpoints;  ///< further ones
        bool answers = true, events = true;
        SocketSecurity security;
    };
    /// @throws ConfigError for an endpoint that cannot be used
    LiveFeed(Options options, const Clock& clock);

    /// Until something can be taken, the time is over or a signal came.
    void wait(std::chrono::milliseconds limit);
    /// The next record that is there already.
    [[nodiscard]] std::optional<LiveRecord> next();

    /// Answers of a stream up to this frame are passed over.
    void begin_behind(const std::string& stream, int window, std::int64_t frame);
    /// Streams whose sockets are there.
    [[nodiscard]] std::vector<std::string> streams() const;
    /// Frames without an answer here between two that have one: lost before inference, or dropped
    /// because this program was too slow.
    [[nodiscard]] std::int64_t missed() const { return missed_; }
    /// For people: what was no record, peers that refuse.
    [[nodiscard]] std::vector<std::string> troubles();

private:
    struct Place {
        int window;
        std::int64_t frame;
    };
    void look();
    void follow(const std::string& stream, const std::string& kind);
    [[nodiscard]] bool wants(const std::string& stream) const;
    [[nodiscard]] std::optional<LiveRecord> take(std::string line);
    [[nodiscard]] bool is_new(const LiveRecord& answer);

    Options o_;
    const Clock& clock_;
    LiveFiles files_;
    RecordSubscriber subscriber_;
    std::optional<LineFollower> service_events_;
    std::deque<std::string> lines_;                 // of the file
    std::map<std::string, std::string> endpoints_;  // by "<stream>.<kind>"
    std::map<std::string, Place> last_;             // answer of each stream
    std::map<std::string, Seconds> gone_;           // sockets, since when
    Seconds next_look_ = 0, next_events_ = 0;
    std::int64_t missed_ = 0;
    Complaints complaints_;
};

/// The recorded answers of a stream in the order in which they were given, from the file before
/// the present one on. A last line that is not whole yet is left out.
/// @throws InputError for a damaged line
void for_each_recorded_answer(const LiveFiles& files, const std::string& stream,
                              const std::function<void(const LiveRecord&)>& use);

}  // namespace ekya
