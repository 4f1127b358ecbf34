// ekya-keys: make the keys that guard sockets which other machines can reach.
//   out: ekya.key/1 of the public keys that were made, JSON Lines      stderr: messages
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"

namespace {

struct Options {
    ekya::cli::InputOutput io;
    std::string keys, client, into;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add_output(app, o.io);
    app.add_option("--keys", o.keys,
                   "directory of keys to make; with --client the one that is there")
        ->required();
    auto* const client =
        app.add_option("--client", o.client, "let one more client in, by this name")
            ->check(ekya::cli::refuse_bad_name);
    auto* const into = app.add_option("--into", o.into,
                                      "directory to make, with all that this client needs as its "
                                      "own --keys: take it to its machine over a safe way")
                           ->needs(client);
    client->needs(into);
    ekya::cli::describe(app,
                        {"with --client the public key of the servers",
                         "a directory of keys, secret ones for their owner's eyes only: server.key "
                         "of programs that bind (ekya-ingest --publish, "
                         "ekya-infer --control), client.key of programs that connect, "
                         "clients/NAME.pub of those that are let in; ekya.key/1 of the public ones",
                         "ekya-keys --keys /etc/ekya/keys && ekya-keys --keys /etc/ekya/keys "
                         "--client north --into north-keys",
                         "CurveZMQ, ZeroMQ RFC 26; ZAP, RFC 27"});
}

void run(const Options& o, ekya::cli::Context& context) {
    auto output = context.output(o.io);
    const auto made = o.client.empty() ? ekya::create_keys(o.keys)
                                       : std::vector{ekya::add_client(o.keys, o.client, o.into)};
    for (const auto& key : made) output.write(ekya::encode(key));
    output.commit();
    context.info(o.client.empty() ? o.keys + ": keys of a server and of the client \"local\""
                                  : o.into + ": keys of the client \"" + o.client + "\"");
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-keys", "Make the keys that guard sockets which other machines can reach.", argc, argv,
        add_options, run);
}
