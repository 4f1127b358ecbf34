#include "zap_handler.hpp"

#include <algorithm>
#include <array>

#include "blocked_signals.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/wire/keys.hpp"
#include "messages.hpp"

namespace ekya {
namespace {

constexpr const char* stop_endpoint = "inproc://ekya.zap.stop";
constexpr std::size_t most_refusals =
    16;  // kept for the owner; somebody who knocks for ever costs no more

std::string z85(const std::string& bytes) {
    std::array<char, 41> text{};
    if (bytes.size() != 32) return "";
    zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return text.data();
}

}  // namespace

ZapHandler::ZapHandler(zmq::context_t& context, std::filesystem::path keys)
    : keys_(std::move(keys)),
      requests_(context, zmq::socket_type::rep),
      stop_(context, zmq::socket_type::pair),
      stopped_(context, zmq::socket_type::pair) {
    (void)read_clients(keys_);
    requests_.set(zmq::sockopt::linger, 0);
    requests_.bind("inproc://zeromq.zap.01");
    stop_.bind(stop_endpoint);
    stopped_.connect(stop_endpoint);
    const BlockedSignals blocked;
    thread_ = std::thread([this] { serve(); });
}

ZapHandler::~ZapHandler() {
    stop_.send(zmq::message_t(), zmq::send_flags::none);
    thread_.join();
}

std::vector<std::string> ZapHandler::take_refusals() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> taken(refusals_.begin(), refusals_.end());
    refusals_.clear();
    return taken;
}

void ZapHandler::serve() {
    std::array<zmq::pollitem_t, 2> items{
        {{requests_, 0, ZMQ_POLLIN, 0}, {stopped_, 0, ZMQ_POLLIN, 0}}};
    while (true) {
        wait_for(items, std::chrono::milliseconds(-1));
        if (items[1].revents != 0) return;
        if (items[0].revents != 0) answer_one();
    }
}

/// A request is version, id, domain, address, identity, mechanism and the client's key.
void ZapHandler::answer_one() {
    const auto request = receive_parts(requests_);
    const bool complete = request.size() >= 7 && request[0] == "1.0" && request[5] == "CURVE";
    const std::string public_key = complete ? z85(request[6]) : "";
    const bool good = complete && lets_in(public_key);
    if (complete && !good) note_refusal(request[3], public_key);
    send_parts(requests_, {"1.0", request.size() > 1 ? request[1] : "", good ? "200" : "400",
                           good ? "OK" : "not a known client", "", ""});
}

/// A file that holds no key shuts out nobody but its own client.
bool ZapHandler::lets_in(const std::string& public_key) {
    try {
        bool found = false;
        for (const auto& file : client_files(keys_)) try {
                found = found || read_public_key(file).public_key == public_key;
            } catch (const Error& e) {
                note("a client's key cannot be read: " + std::string(e.what()));
            }
        return found;
    } catch (const std::exception&) {
        return false;  // a directory that cannot be read lets nobody in
    }
}

void ZapHandler::note_refusal(const std::string& address, const std::string& public_key) {
    note("a client at " + address + " was refused: its key " + public_key + " is not in " +
         (keys_ / "clients").string());
}

void ZapHandler::note(const std::string& trouble) {
    const std::lock_guard lock(mutex_);
    if (refusals_.size() < most_refusals &&
        std::find(refusals_.begin(), refusals_.end(), trouble) == refusals_.end())
        refusals_.push_back(trouble);
}

}  // namespace ekya
