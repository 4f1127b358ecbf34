#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/core/complaints.hpp"
#include "ekya/core/inference_event.hpp"
#include "ekya/device/share_governor.hpp"
#include "ekya/live/background_loader.hpp"
#include "ekya/live/behind_watch.hpp"
#include "ekya/live/encoded_answer.hpp"
#include "ekya/live/inference_session.hpp"
#include "ekya/live/inference_state_file.hpp"
#include "ekya/serving/loaded_model.hpp"
#include "ekya/wire/sockets.hpp"

namespace ekya {

struct StreamServerOptions {
    SessionOptions session;
    std::string model;                    ///< id of the one to begin with
    std::string frames, control, events;  ///< endpoints; control and events may be empty
    std::string publish;                  ///< endpoint for the answer of each frame; may be empty
    int queue = 64;                       ///< frames that may wait in the socket
    SocketSecurity security;
    double share = 0;    ///< of the device; 0 = no limit
    int input_size = 0;  ///< 0 = as trained
    std::string state;   ///< file of ekya.inference-state/1; empty = none
};

/// One stream's live inference with its sockets: takes frames and control requests, says which
/// frame is to be analysed, loads models aside and exchanges them between frames. Several may work
/// side by side in one thread, see serve_live().
class StreamServer {
public:
    using OnAnswer = std::function<void(EncodedAnswer&)>;
    using OnWindow = std::function<void(const WindowAccuracy&)>;  ///< device_seconds filled in
    using OnTrouble = std::function<void(const std::string&)>;    ///< for people
    using OnFirstFrame = std::function<void(int width, int height)>;
    struct Hooks {
        OnFirstFrame first_frame;  ///< before anything of it is used
        OnAnswer answer;
        OnWindow window;
        OnTrouble trouble;
    };

    /// @param annotations of the stream; @param store where windows are, whose ends may get lost on
    /// the way
    /// @throws InputError if the model cannot be loaded, ConfigError for the endpoints
    StreamServer(StreamServerOptions options, Store store, ModelLoader& models,
                 AnnotationsOf annotations, Clock& clock, Hooks hooks);

    /// Takes up what an interrupted run had answered, see InferenceSession::resume().
    void resume(std::vector<FrameAnswer> answers, bool finished) {
        session_.resume(std::move(answers), finished);
    }

    /// Takes what has arrived, answers requests, exchanges a model that has been loaded; then does
    /// all that needs no analysis.
    void advance();
    /// The frame whose turn to be analysed it is; none while the stream has used up its share.
    [[nodiscard]] std::optional<FrameToAnalyse> due();
    /// Answers the frame of due(). @param took seconds that the analysis took
    void answer_due(std::vector<ClassifiedObject> objects, Seconds took);
    /// Passes over the frame of due(), whose analysis failed.
    void skip_due(const std::string& why);
    /// Seconds until the share allows the next analysis; 0 = at once.
    [[nodiscard]] Seconds owed() { return governor_.wait_needed(); }
    /// Nothing is to be done before something arrives.
    [[nodiscard]] bool idle() const { return session_.idle(); }
    /// The stream has ended, or somebody asked to stop.
    /// Where its networks run, resolved.
    [[nodiscard]] const std::string& device() const { return models_.device(); }
    [[nodiscard]] bool done() const { return stopped_ || (session_.ended() && session_.idle()); }
    /// Answers what waits and closes the open window.
    void finish();

    /// Books CPU time that was used for this stream.
    void charge(Seconds cpu) { cpu_used_ += cpu; }
    /// CPU time of loading, on a thread of its own; it is booked nowhere: frames would pay it back
    /// by waiting.
    [[nodiscard]] Seconds loading_cpu_seconds() const { return loader_.cpu_seconds(); }
    [[nodiscard]] InferenceSockets& sockets() { return sockets_; }
    [[nodiscard]] const std::string& stream() const { return options_.session.stream; }

private:
    void receive();
    bool receive_one();
    void serve_requests();
    void serve(InferenceSockets::Request request);
    void start_load();
    void finish_load();
    void apply(const ControlRequest& request);
    void answered(const FrameAnswer& answer);
    void close_window(WindowAccuracy accuracy);
    void tell(InferenceEvent::Kind kind, const std::string& error = "");
    [[nodiscard]] ControlReply status() const;
    [[nodiscard]] ControlReply refusal(const std::string& error) const;
    [[nodiscard]] std::optional<WindowEnd> stored_bounds(int window) const;

    StreamServerOptions options_;
    Store store_;
    ModelLoader& models_;
    Clock& clock_;
    Hooks hooks_;
    Seconds cpu_used_ = 0, cpu_of_windows_ = 0;
    ShareGovernor governor_;
    std::unique_ptr<LoadedModel> served_;
    InferenceSession session_;
    InferenceSockets sockets_;
    std::optional<EventPublisher> events_, answers_;
    BehindWatch behind_;
    InferenceStateFile state_;
    Complaints complaints_;
    std::deque<InferenceSockets::Request>
        requests_;  // that wait for the loader; the first is being loaded
    BackgroundLoader<LoadedModel> loader_;
    bool seen_a_frame_ = false, stopped_ = false;
};

}  // namespace ekya
