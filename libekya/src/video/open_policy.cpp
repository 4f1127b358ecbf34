#include "open_policy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ffmpeg.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;

// Not among these: what names other files or hosts (hls and concat, which are added where they may
// be; dash, sdp, image2, imf), and what makes pictures of text or of nothing (tty, lavfi).
constexpr const char* containers =
    "mov,matroska,mpegts,mpeg,avi,flv,live_flv,asf,asf_o,ogg,nut,mxf,gxf,dv,dhav,wtv,rm,ivf,"
    "mjpeg,mjpeg_2000,mpjpeg,h264,hevc,m4v,mpegvideo,obu,av1,vc1,cavsvideo,h261,h263,dirac,"
    "yuv4mpegpipe,gif,jpeg_pipe,png_pipe,bmp_pipe";
constexpr const char* playlist = "hls,aac,ac3,eac3,mp3,webvtt,";  // and what its segments may be
constexpr const char* http_protocols = "http,https,httpproxy,tls,tcp";

struct Scheme {
    std::string_view name;
    int port;               ///< where a URL has none
    const char* protocols;  ///< which FFmpeg opens for it, one below the other
    std::string_view family;
    bool encrypted;
};
constexpr std::array schemes{
    Scheme{"rtsp", 554, "rtsp,rtp,srtp,udp,tcp", "rtsp", false},
    Scheme{"rtsps", 322, "rtsp,rtp,srtp,udp,tls,tcp", "rtsp", true},
    Scheme{"http", 80, http_protocols, "http", false},
    Scheme{"https", 443, http_protocols, "http", true},
    Scheme{"tcp", -1, "tcp", "", false},
    Scheme{"udp", -1, "udp", "", false},
    Scheme{"srt", -1, "srt", "", false},
    Scheme{"rtmp", 1935, "rtmp,tcp", "", false},
    Scheme{"rtmps", 443, "rtmps,tls,tcp", "", true},
};

const Scheme* scheme_named(std::string_view name) {
    const auto* const found = std::ranges::find(schemes, name, &Scheme::name);
    return found == schemes.end() ? nullptr : found;
}

std::string in_small_letters(std::string_view text) {
    std::string small(text);
    std::ranges::transform(small, small.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return small;
}

bool is_below(const fs::path& file, const fs::path& directory) {
    const auto [rest, _] =
        std::mismatch(directory.begin(), directory.end(), file.begin(), file.end());
    return rest == directory.end();
}

std::string leads_to(const std::string& url, const std::string& what) {
    return "leads to " + printable(without_secrets(url), limits::quoted_bytes) + ", " + what;
}

bool is_host(const std::string& allowed, const UrlParts& parts) {
    const std::string port = ":" + std::to_string(parts.port);
    const std::string host = in_small_letters(allowed), bracketed = "[" + parts.host + "]";
    return host == parts.host || host == parts.host + port || host == bracketed ||
           host == bracketed + port;
}

/// Another port is another server. A server may send from its plain port to its encrypted one.
bool is_same_server(const UrlParts& own, const UrlParts& other) {
    const Scheme *from = scheme_named(own.scheme), *to = scheme_named(other.scheme);
    if (from == nullptr || to == nullptr || from->family != to->family || from->family.empty() ||
        own.host != other.host || (from->encrypted && !to->encrypted))
        return false;
    return own.port == other.port || (own.port == from->port && other.port == to->port);
}

}  // namespace

std::string schemes_read() {
    std::string names;
    for (const auto& scheme : schemes)
        (names += names.empty() ? "" : ", ") += std::string(scheme.name) + "://";
    return names;
}

bool is_scheme_read(std::string_view name) { return scheme_named(name) != nullptr; }

std::optional<UrlParts> parts_of(std::string_view url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos || scheme_end == 0) return std::nullopt;
    UrlParts parts;
    parts.scheme = in_small_letters(url.substr(0, scheme_end));
    const auto* const scheme = scheme_named(parts.scheme);
    parts.port = scheme == nullptr ? -1 : scheme->port;
    url.remove_prefix(scheme_end + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    url.remove_prefix(url.rfind('@') + 1);  // npos + 1 is 0
    const auto bracket = url.starts_with('[') ? url.find(']') : std::string_view::npos;
    const bool bracketed = bracket != std::string_view::npos;
    parts.host =
        in_small_letters(bracketed ? url.substr(1, bracket - 1) : url.substr(0, url.find(':')));
    url.remove_prefix(bracketed ? bracket + 1 : parts.host.size());
    if (url.empty()) return parts;
    url.remove_prefix(1);
    const auto [end, error] = std::from_chars(url.data(), url.data() + url.size(), parts.port);
    if (error != std::errc() || end != url.data() + url.size()) return std::nullopt;
    return parts;
}

std::string redirected(const std::string& base, const std::string& location) {
    const auto scheme_end = base.find("://");
    if (scheme_end == std::string::npos || location.find("://") != std::string::npos)
        return location;
    if (location.starts_with("//")) return base.substr(0, scheme_end + 1) + location;
    const auto path = std::min(base.find_first_of("/?#", scheme_end + 3), base.size());
    if (location.starts_with('/')) return base.substr(0, path) + location;
    const auto directory = base.substr(0, base.find_first_of("?#", path)).rfind('/');
    return (directory < path || directory == std::string::npos ? base.substr(0, path) + "/"
                                                               : base.substr(0, directory + 1)) +
           location;
}

OpenPolicy::OpenPolicy(std::string source, const SourceKind& kind,
                       const std::vector<std::string>& allow)
    : source_(std::move(source)), type_(kind.type) {
    std::error_code missing;  // such a directory has no files to lead to
    const auto add = [&](const fs::path& directory) {
        if (auto found = fs::canonical(directory, missing); !missing)
            directories_.push_back(std::move(found));
    };
    if (type_ == SourceKind::Type::file) {
        const auto own = fs::path(source_).parent_path();
        add(own.empty() ? "." : own);
    }
    for (const auto& each : allow) {
        if (each.find('/') == std::string::npos)
            hosts_.push_back(each);
        else if (type_ == SourceKind::Type::file)  // a server never leads to files
            add(each);
    }
}

std::string OpenPolicy::url() const {
    return type_ == SourceKind::Type::file ? "file:" + source_ : source_;
}

bool OpenPolicy::is_file_list() const {
    return type_ == SourceKind::Type::file &&
           (source_.ends_with(".ffconcat") || source_.ends_with(".concat"));
}

std::string OpenPolicy::protocols() const {
    if (type_ == SourceKind::Type::file)
        return std::string("file") + (hosts_.empty() ? "" : ",") +
               (hosts_.empty() ? "" : http_protocols);
    const auto parts = parts_of(source_);
    const auto* const scheme = parts ? scheme_named(parts->scheme) : nullptr;
    return scheme != nullptr ? scheme->protocols : "file";
}

std::string OpenPolicy::formats() const {
    if (type_ == SourceKind::Type::camera) return "video4linux2,v4l2";
    if (is_file_list()) return std::string("concat,") + containers;
    const auto parts = parts_of(source_);
    const auto* const scheme =
        type_ == SourceKind::Type::url && parts ? scheme_named(parts->scheme) : nullptr;
    if (scheme != nullptr && scheme->family == "rtsp") return "rtsp";
    const bool may_be_list =
        type_ == SourceKind::Type::file || (scheme != nullptr && scheme->family == "http");
    // In a URL it may stand in a parameter.
    return (may_be_list && source_.find(".m3u") != std::string::npos ? playlist : "") +
           std::string(containers);
}

std::string OpenPolicy::refusal(const std::string& url) const {
    if (url == this->url()) return {};
    const char* const found = avio_find_protocol_name(url.c_str());  // rtsp is none
    const auto parts = parts_of(url);
    const std::string protocol = found != nullptr ? found : parts ? parts->scheme : "";
    if (protocol == "file") {
        if (type_ != SourceKind::Type::file) return leads_to(url, "a file of this machine");
        return refusal_of_file(url.starts_with("file:") ? url.substr(5) : url);
    }
    const auto* const scheme = scheme_named(protocol);
    if (!parts || parts->scheme != protocol || scheme == nullptr || scheme->family.empty())
        return leads_to(url, "which no list may name");
    return refusal_of_host(url);
}

std::string OpenPolicy::refusal_of_file(const fs::path& file) const {
    std::error_code error;
    const auto found = fs::canonical(file, error);
    if (error) return leads_to(file.string(), "which is not there: " + error.message());
    if (!fs::is_regular_file(found, error)) return leads_to(file.string(), "which is no file");
    if (std::ranges::none_of(directories_, [&](const auto& each) { return is_below(found, each); }))
        return leads_to(file.string(),
                        "which is outside its directory (\"allow\" in the stream list)");
    return {};
}

std::string OpenPolicy::refusal_of_host(const std::string& url) const {
    const auto parts = parts_of(url), own = parts_of(source_);
    const bool named =
        std::ranges::any_of(hosts_, [&](const auto& each) { return is_host(each, *parts); });
    if (named || (type_ == SourceKind::Type::url && own && is_same_server(*own, *parts))) return {};
    return leads_to(url, "which is another server (\"allow\" in the stream list)");
}

}  // namespace ekya
