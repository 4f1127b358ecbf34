// What sources and their answers may open: lists, redirections, pipes, devices, other servers.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>

#include "clip.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/video/frame_source.hpp"
#include "live_source.hpp"
#include "loopback.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

std::string complaint(const std::string& source, const FrameSourceOptions& options = quick()) {
    return message_of<InputError>([&] { FrameSource opened(source, options); });
}

int frames_of(const std::string& source, const FrameSourceOptions& options = quick()) {
    FrameSource opened(source, options);
    Frame frame;
    int count = 0;
    while (opened.next(frame)) ++count;
    CHECK(opened.failure().empty());
    return count;
}

std::string answer(const std::string& body, const std::string& type = "video/mp2t") {
    return "HTTP/1.1 200 OK\r\nContent-Type: " + type +
           "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

std::string moved(const std::string& location) {
    return "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + location +
           "\r\n\r\n";
}

/// An HTTP server with an answer for each path.
class Site {
public:
    std::map<std::string, std::string> pages;  // set before the first request

    [[nodiscard]] std::string url(const std::string& path) const {
        return "http://" + server_.address() + path;
    }
    [[nodiscard]] std::string address() const { return server_.address(); }
    [[nodiscard]] int requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

private:
    void serve(int socket) {
        const std::string request = receive_request(socket);
        const std::lock_guard lock(mutex_);
        if (request.empty()) return;
        ++requests_;
        const auto begin = request.find(' ') + 1;
        const auto page = pages.find(request.substr(begin, request.find(' ', begin) - begin));
        send_all(socket, page != pages.end()
                             ? page->second
                             : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }

    std::mutex mutex_;
    int requests_ = 0;
    Loopback server_{[this](int socket, int) { serve(socket); }};
};

/// A list of one segment of two seconds.
std::string playlist(const std::string& segment, const std::string& more = "") {
    return "#EXTM3U\n#EXT-X-TARGETDURATION:2\n" + more + "#EXTINF:2,\n" + segment +
           "\n#EXT-X-ENDLIST\n";
}

const std::string list_header = "ffconcat version 1.0\n";

}  // namespace

TEST_CASE("kind_of: pipes, sockets, devices and other schemes are refused and never opened") {
    const Scratch scratch;
    const auto pipe = scratch.file("pipe.mp4"), listener = scratch.file("socket.mp4");
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    std::filesystem::create_symlink(pipe, scratch.file("link.mp4"));
    const int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    listener.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const auto start = std::chrono::steady_clock::now();
    CHECK(contains(complaint(pipe), "pipe.mp4: is a pipe"));
    CHECK(contains(complaint(scratch.file("link.mp4")), "is a pipe"));
    CHECK(contains(complaint(listener), "is neither a file nor a directory nor a camera"));
    for (const char* device : {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/tty"})
        CHECK(contains(complaint(device), "is neither a file nor a directory nor a camera"));
    for (const char* scheme : {"ftp", "gopher", "smb", "sftp", "file", "data", "crypto", "cache",
                               "async", "concat", "lavfi", "tee", "crypto+http", "RTSP"})
        CHECK(contains(complaint(std::string(scheme) + "://127.0.0.1/a"), ", expected rtsp://, "));
    for (const char* name :
         {"concat:/etc/passwd|/etc/hosts", "subfile,,start,0,end,9,,:/etc/passwd",
          "data:video/mp4;base64,AAAA", "lavfi:testsrc", "pipe:0", "unix:/x"})
        CHECK(contains(complaint(name), ": no such file"));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
    close(socket_);
}

TEST_CASE("OpenPolicy: a list of files leads to files below its directory, and to nothing else") {
    const Scratch scratch, elsewhere;
    Site server;
    const std::string bytes = transport_stream(5);
    server.pages["/a.ts"] = answer(bytes);
    write(scratch.file("a.ts"), bytes);
    write(elsewhere.file("b.ts"), bytes);
    std::filesystem::create_symlink(elsewhere.file("b.ts"), scratch.file("link.ts"));
    std::filesystem::create_directory(scratch.file("directory"));
    REQUIRE(mkfifo(scratch.file("pipe").c_str(), 0600) == 0);
    write(scratch.file("nested.ts"), list_header +
                                         "file a.ts\noption protocol_whitelist file,http,"
                                         "tcp\nfile " +
                                         server.url("/a.ts") + "\n");
    write(scratch.file("playlist.ts"), playlist(server.url("/a.ts")));
    const std::string url = server.url("/a.ts");
    const struct {
        std::string lines, why;
    } attacks[] = {
        {"file a.ts\noption protocol_whitelist file,http,tcp\nfile " + url, "\"option\" is not al"},
        {"file a.ts\noption safe 0", "line 3: \"option\" is not allowed in a list"},
        {"file a.ts\nfile_packet_metadata a=b", "\"file_packet_metadata\" is not allowed"},
        {"file a.ts\nstream", "\"stream\" is not allowed"},
        {"file " + url, "leads to http://127.0.0.1"},
        {"file /etc/passwd", "leads to /etc/passwd, which is outside its directory"},
        {"file file:/etc/passwd", "leads to /etc/passwd, which is outside"},
        {"file file:///etc/passwd", "leads to "},
        {"file " + elsewhere.file("b.ts"), "which is outside"},
        {"file ../" + std::filesystem::path(elsewhere.file("")).parent_path().filename().string() +
             "/b.ts",
         "which is outside"},
        {"file link.ts", "which is outside"},
        {"file missing.ts", "which is not there"},
        {"file pipe", "which is no file"},
        {"file directory", "which is no file"},
        {"file /dev/zero", "which is no file"},
        {"file subfile,,start,0,end,9,,:/etc/passwd", "which is not there"},
        {"file concat:/etc/passwd", "which is not there"},
        {"file data:video/mp2t;base64,AAAA", "which is not there"},
        {"file crypto+" + url, "which no list may name"},
        {"file ftp://127.0.0.1/a.ts", "which no list may name"},
        {"file rtsp://127.0.0.1/a.ts", "which is another server"},
        {"file a.ts b.ts", "expected one value behind file"},
        {"file", "expected one value behind file"},
        {"file 'a.ts", "line 2"},
        {"file a\x1b[2J.ts", "a\\x1b[2J.ts, which is not there"},
        {"file nested.ts", "is a list itself"},
        {"file list.ffconcat", "is a list itself"},
        {"file playlist.ts", "cannot be opened as video"},
        {"file a.ts\nduration 1;file", "duration: \"1;file\" is no time"},
        {std::string(limits::playlist_bytes, '#'), "bytes, at most "},
    };
    for (const auto& attack : attacks) {
        CAPTURE(attack.lines.substr(0, 200));
        write(scratch.file("list.ffconcat"), list_header + attack.lines + "\n");
        const auto message = complaint(scratch.file("list.ffconcat"));
        CAPTURE(message);
        if (attack.lines == "file 'a.ts") continue;  // FFmpeg takes it for whole
        CHECK(contains(message, attack.why));
    }
    CHECK(server.requests() == 0);

    write(scratch.file("list.ffconcat"),
          "# mine\n" + list_header + "\nfile 'a.ts'\nduration 1\nfile " + url + "\nfile link.ts\n");
    auto options = quick();
    options.allow = {elsewhere.file(""), server.address()};
    CHECK(frames_of(scratch.file("list.ffconcat"), options) == 15);
    CHECK(server.requests() > 0);
}

TEST_CASE("OpenPolicy: a file is no list unless its name says so") {
    const Scratch scratch;
    Site server;
    server.pages["/a.ts"] = answer(transport_stream(5));
    write(scratch.file("a.ts"), transport_stream(5));
    const std::string url = server.url("/a.ts");
    const struct {
        const char* name;
        std::string content;
    } attacks[] = {
        {"concat.mp4", list_header + "file a.ts\n"},
        {"hls.mp4", playlist("a.ts")},
        {"hls.ffconcat", playlist("a.ts")},
        {"concat.m3u8", list_header + "file a.ts\n"},
        {"sdp.mp4",
         "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 "
         "RTP/AVP 96\na=rtpmap:96 H264/90000\n"},
        {"cam.sdp",
         "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 "
         "RTP/AVP 96\na=rtpmap:96 H264/90000\n"},
        {"dash.mpd",
         "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
         "profiles=\"urn:mpeg:dash:profile:isoff-live:2011\"><Period><BaseURL>" +
             url + "</BaseURL></Period></MPD>\n"},
        {"frame%d.jpg", "\xFF\xD8\xFF"},
        {"text.txt", "To be, or not to be.\n"},
        {"playlist.pls", "[playlist]\nFile1=" + url + "\n"},
        {"remote.m3u8", playlist(url)},
        {"outside.m3u8", playlist("/etc/passwd")},
        {"outside-ts.m3u8", playlist("../../../../../../etc/hosts.ts")},
        {"key.m3u8", playlist("a.ts", "#EXT-X-KEY:METHOD=AES-128,URI=\"" + url + "\"\n")},
        {"map.m3u8", playlist("a.ts", "#EXT-X-MAP:URI=\"" + url + "\"\n")},
        {"master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + server.url("/l.m3u8") + "\n"},
        {"subfile.m3u8", playlist("subfile,,start,0,end,9,,:/etc/passwd.ts")},
        {"data.m3u8", playlist("data:video/mp2t;base64,AAAA")},
    };
    for (const auto& attack : attacks) {
        CAPTURE(attack.name);
        write(scratch.file(attack.name), attack.content);
        const auto message = complaint(scratch.file(attack.name));
        CAPTURE(message);
        CHECK(contains(message, attack.name));
        CHECK(!contains(message, "root:"));
    }
    CHECK(server.requests() == 0);
    write(scratch.file("own.m3u8"), playlist("a.ts"));
    CHECK(frames_of(scratch.file("own.m3u8")) == 5);
}

TEST_CASE("OpenPolicy: what an HTTP server answers leads to its own host and port only") {
    Site camera, victim;
    const std::string bytes = transport_stream(5);
    victim.pages["/a.ts"] = answer(bytes);
    victim.pages["/l.m3u8"] = answer(playlist("a.ts"));
    const std::string url = victim.url("/a.ts");
    const std::string port = victim.address().substr(victim.address().find(':'));
    const struct {
        const char* path;
        std::string page, why;
    } attacks[] = {
        {"/segment.m3u8", answer(playlist(url)), "leads to " + url + ", which is another server"},
        {"/relative.m3u8", answer(playlist("//" + victim.address() + "/a.ts")), "another server"},
        {"/file.m3u8", answer(playlist("file:///etc/hosts.ts")), "a file of this machine"},
        {"/data.m3u8", answer(playlist("data:video/mp2t;base64,AAAA")),
         "cannot be opened as video"},
        {"/crypto.m3u8", answer(playlist("crypto+" + url)), "which no list may name"},
        {"/key.m3u8", answer(playlist("a.ts", "#EXT-X-KEY:METHOD=AES-128,URI=\"" + url + "\"\n")),
         "another server"},
        {"/map.m3u8", answer(playlist("a.ts", "#EXT-X-MAP:URI=\"" + url + "\"\n")),
         "another server"},
        {"/master.m3u8",
         answer("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + victim.url("/l.m3u8") + "\n"),
         "another server"},
        {"/user.m3u8", answer(playlist("http://127.0.0.1@" + victim.address() + "/a.ts")),
         "another server"},
        {"/name.m3u8", answer(playlist("http://localhost" + port + "/a.ts")), "another server"},
        {"/redirect.ts", moved(url), "leads to " + url + ", which is another server"},
        {"/redirect2.ts", moved("//" + victim.address() + "/a.ts"), "another server"},
        {"/redirect3.ts", moved("file:///etc/passwd"), "a file of this machine"},
        {"/redirect4.ts", moved("rtsp://" + victim.address() + "/a"), "another server"},
        {"/redirect5.ts", moved("gopher://" + victim.address() + "/a"), "which no list may name"},
        {"/segment-moves.m3u8", answer(playlist("redirect.ts")), "another server"},
        {"/loop.ts", moved("/loop.ts"), "cannot be opened as video"},
        {"/camera", answer(playlist("a.ts")), "Format not on whitelist"},
        {"/concat.ts", answer(list_header + "file " + url + "\n"), "Format not on whitelist"},
        {"/cam.sdp", answer("v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"), "cannot be op"},
    };
    camera.pages["/a.ts"] = answer(bytes);
    for (const auto& attack : attacks) camera.pages[attack.path] = attack.page;
    camera.pages["/own.m3u8"] = answer(playlist("moved.ts"));
    camera.pages["/moved.ts"] = moved("a.ts");
    camera.pages["/absolute.ts"] = moved(camera.url("/moved.ts"));
    for (const auto& attack : attacks) {
        CAPTURE(attack.path);
        const auto message = complaint(camera.url(attack.path));
        CAPTURE(message);
        CHECK(contains(message, attack.why));
    }
    CHECK(victim.requests() == 0);
    for (const char* path : {"/own.m3u8", "/moved.ts", "/absolute.ts"}) {
        CAPTURE(path);
        CHECK(frames_of(camera.url(path)) == 5);
    }
    CHECK(victim.requests() == 0);
    auto options = quick();
    options.allow = {victim.address()};
    CHECK(frames_of(camera.url("/redirect.ts"), options) == 5);
    CHECK(frames_of(camera.url("/segment.m3u8"), options) == 5);
}

TEST_CASE("OpenPolicy: a playlist that turns to another server in its middle ends the source") {
    Site camera, victim;
    camera.pages["/a.ts"] = answer(transport_stream(500));
    camera.pages["/b.ts"] = answer(transport_stream(5));
    std::string list =
        "#EXTM3U\n#EXT-X-TARGETDURATION:20\n";  // the next segments are asked for early
    for (const std::string& segment :
         {std::string("a.ts"), std::string("b.ts"), std::string("b.ts"), std::string("b.ts"),
          victim.url("/a.ts")})
        list += "#EXTINF:20,\n" + segment + "\n";
    camera.pages["/l.m3u8"] = answer(list + "#EXT-X-ENDLIST\n");
    FrameSource source(camera.url("/l.m3u8"), quick());
    Frame frame;
    int count = 0;
    while (source.next(frame)) ++count;
    CHECK(count > 400);
    CHECK(contains(source.failure(), "another server"));
    CHECK(victim.requests() == 0);
}

TEST_CASE("OpenPolicy: an RTSP server cannot redirect to another one; its words are harmless") {
    Site victim;
    std::string reply;
    const Loopback camera([&](int socket, int) {
        while (true) {
            const std::string request = receive_request(socket);
            if (request.empty()) return;
            const auto number = request.find("CSeq:");
            const auto cseq = request.substr(number, request.find("\r\n", number) - number);
            const auto end = reply.find("\r\n") + 2;
            if (!send_all(socket, reply.substr(0, end) + cseq + "\r\n" + reply.substr(end))) return;
        }
    });
    const std::string url = "rtsp://viewer:se/s#ame@" + camera.address() + "/cam?token=geheim";
    for (const std::string& to :
         {"rtsp://" + victim.address() + "/cam", "http://" + victim.address() + "/cam",
          std::string("rtsp://localhost/cam")}) {
        reply = "RTSP/1.0 302 Moved\r\nLocation: " + to + "\r\n\r\n";
        const auto message = complaint("rtsp://" + camera.address() + "/cam");
        CAPTURE(message);
        CHECK(contains(message, "leads to " + to + ", which is another server"));
    }
    CHECK(victim.requests() == 0);
    reply = "RTSP/1.0 404 \x1b[2J\x1b]0;owned\x07 nothing here\r\n\r\n";
    const auto message = complaint("rtsp://" + camera.address() + "/cam");
    CAPTURE(message);
    CHECK(contains(message, "\\x1b[2J"));
    CHECK(!contains(message, "\x1b"));
    const auto secret = complaint(url);
    CAPTURE(secret);
    CHECK(contains(secret, "viewer:***@"));
    for (const char* part : {"se/s", "ame", "geheim"}) CHECK(!contains(secret, part));
}

TEST_CASE("FrameSource: no secret of a URL reaches a message") {
    const std::string gone = [] { return Loopback().address(); }();
    for (const std::string& url :
         {"http://viewer:se/same@" + gone + "/cam", "http://viewer:se#same@" + gone + "/cam",
          "http://viewer:se?same@" + gone + "/cam",
          "http://" + gone + "/cam?user=a&password=sesame",
          "rtsp://viewer:se@same@" + gone + "/cam", "ftp://viewer:sesame@" + gone + "/cam"}) {
        CAPTURE(url);
        const auto message = complaint(url);
        CAPTURE(message);
        CHECK(contains(message, "***"));
        CHECK(!contains(message, "same"));
    }
}

TEST_CASE("FrameSource: a transport stream behind http whose size is known is read once") {
    Site server;
    server.pages["/a.ts"] = answer(transport_stream(50));
    FrameSource source(server.url("/a.ts"), quick());
    CHECK(!source.is_live());
    Frame frame;
    int count = 0;
    while (source.next(frame)) ++count;
    CHECK(count == 50);
    CHECK(source.take_gaps().empty());
    CHECK(source.failure().empty());
}
