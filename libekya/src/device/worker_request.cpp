#include "worker_request.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace ekya {
namespace {

constexpr std::size_t most_descriptors = 6;

/// Words, each with a 0 behind it.
std::string text_of(const WorkerRequest& request) {
    std::string text;
    const auto add = [&](const std::string& word) { text.append(word).push_back('\0'); };
    add(request.directory);
    add(std::to_string(request.command.size()));
    for (const auto& word : request.command) add(word);
    for (const auto& [name, value] : request.environment) {
        add(name);
        add(value);
    }
    return text;
}

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\0', at);
        words.push_back(text.substr(at, end - at));
        at = end == std::string::npos ? text.size() : end + 1;
    }
    return words;
}

WorkerRequest parsed(const std::string& text) {
    const auto words = words_of(text);
    WorkerRequest request;
    if (words.size() < 2) return request;
    request.directory = words[0];
    const auto count = std::strtoul(words[1].c_str(), nullptr, 10);
    std::size_t at = 2;
    for (; at < words.size() && at < 2 + count; ++at) request.command.push_back(words[at]);
    for (; at + 1 < words.size(); at += 2) request.environment[words[at]] = words[at + 1];
    return request;
}

union Control {
    cmsghdr header;
    std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> space;
};

}  // namespace

bool send_request(int socket, const WorkerRequest& request) {
    std::string text = text_of(request);
    if (text.size() > longest_request || request.descriptors.size() > most_descriptors)
        return false;
    iovec part{text.data(), text.size()};
    Control control{};
    const std::size_t size = request.descriptors.size() * sizeof(int);
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(header), request.descriptors.data(), size);
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(text.size());
}

std::optional<WorkerRequest> receive_request(int socket) {
    std::string text(longest_request, '\0');
    iovec part{text.data(), text.size()};
    Control control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    ssize_t size = 0;
    while ((size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
    if (size <= 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(size));
    WorkerRequest request = parsed(text);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        request.descriptors.resize((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        std::memcpy(request.descriptors.data(), CMSG_DATA(header),
                    request.descriptors.size() * sizeof(int));
    }
    return request;
}

}  // namespace ekya
