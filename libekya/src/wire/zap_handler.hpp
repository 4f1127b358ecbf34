#pragma once
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

namespace ekya {

/// Says which clients may talk to the CURVE servers of one ZeroMQ context: those whose public key
/// lies in KEYS/clients. The directory is read at each handshake, so a client can be let in or shut
/// out while programs run. One per context, made before the first server binds and gone before the
/// context. Source: ZeroMQ RFC 27 (ZAP).
class ZapHandler {
public:
    /// @throws InputError if one of the clients' files holds no key
    ZapHandler(zmq::context_t& context, std::filesystem::path keys);
    ~ZapHandler();
    ZapHandler(const ZapHandler&) = delete;
    ZapHandler& operator=(const ZapHandler&) = delete;

    /// Who was refused since the last call, for people.
    [[nodiscard]] std::vector<std::string> take_refusals();

private:
    void serve();
    void answer_one();
    [[nodiscard]] bool lets_in(const std::string& public_key);
    void note_refusal(const std::string& address, const std::string& public_key);
    void note(const std::string& trouble);

    std::filesystem::path keys_;
    zmq::socket_t requests_, stop_, stopped_;
    std::mutex mutex_;
    std::deque<std::string> refusals_;
    std::thread thread_;
};

}  // namespace ekya
