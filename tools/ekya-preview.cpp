// ekya-preview: show the cameras of a store in a browser, with what inference answers.
//   in: sockets of a store      out: pages and pictures over HTTP      stderr: messages
#include <chrono>
#include <filesystem>
#include <thread>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/preview/preview_server.hpp"

namespace {

struct Options {
    ekya::cli::StoreOptions store;
    ekya::PreviewServer::Options server;
    std::string listen = "127.0.0.1:8090";
    bool insecure = false;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.store);
    const std::string group = "Server";
    app.add_option("--listen", o.listen, "HOST:PORT to serve pages on; port 0 = any that is free")
        ->capture_default_str()
        ->group(group);
    app.add_flag("--insecure", o.insecure,
                 "allow a HOST that other machines can reach: whoever reaches it can watch")
        ->group(group);
    app.add_option("--name", o.server.names,
                   "name that browsers may call this machine by, repeatable (besides localhost and "
                   "its addresses)")
        ->group(group);
    app.add_option("--viewers", o.server.viewers, "that may watch live pictures at the same time")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str()
        ->group(group);
    app.add_option("--max-rate", o.server.max_rate, "pictures a second of each camera")
        ->check(CLI::Range(0.1, 100.0))
        ->capture_default_str()
        ->group(group);
    ekya::cli::describe(app, {"the sockets of a store that ekya-serve or ekya-loop serves: "
                              "ekya.frame/1, ekya.inference/1",
                              "pages, JPEG and MJPEG over HTTP: /, /camera/ID, /camera/ID.jpg, "
                              "/camera/ID.mjpg",
                              "ekya-preview --store cameras --listen 127.0.0.1:8090",
                              "Ekya, NSDI 2022, section 3"});
}

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    o.server.store = o.store.store;
    o.server.address = ekya::listen_address("--listen", o.listen, o.insecure);
    if (!std::filesystem::is_directory(o.store.store))
        throw ekya::InputError(o.store.store + ": there is no such store");
    ekya::PreviewServer server(o.server);
    const auto host = o.server.address.host;
    context.say("http://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
                std::to_string(server.port()) + "/");
    while (!ekya::cli::Context::interrupted()) {
        server.look_after();
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    ekya::cli::Context::check_interrupted();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-preview", "Show the cameras of a store in a browser, with what inference answers.",
        argc, argv, add_options, run);
}
