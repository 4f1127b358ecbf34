#include <doctest/doctest.h>
#include <sys/stat.h>

#include "ekya/core/errors.hpp"
#include "ekya/wire/keys.hpp"
#include "ekya/wire/records.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
namespace fs = std::filesystem;

namespace {

unsigned mode_of(const fs::path& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_mode & 0777U;
}

/// The complaint about a secret key file with this content.
std::string complaint(const Scratch& scratch, const std::string& content, unsigned mode = 0600) {
    const auto file = scratch / "some.key";
    write(file, content);
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    return message_of<InputError>([&] { (void)read_secret_key(file); });
}

}  // namespace

TEST_CASE("new_key_pair: two keys of 40 characters, never the same") {
    const auto one = new_key_pair("a"), other = new_key_pair("a");
    CHECK(one.public_key.size() == 40);
    CHECK(one.secret_key.size() == 40);
    CHECK(one.public_key != other.public_key);
    CHECK(one.secret_key != other.secret_key);
}

TEST_CASE("create_keys: a whole directory whose secrets only the owner can read") {
    const Scratch scratch;
    const auto keys = scratch / "fleet";
    const auto made = create_keys(keys);
    REQUIRE(made.size() == 2);
    for (const auto& pair : made)
        CHECK(pair.secret_key.empty());  // what is reported holds no secret
    CHECK(mode_of(keys) == 0700);
    CHECK(mode_of(keys / "server.key") == 0600);
    CHECK(mode_of(keys / "client.key") == 0600);
    CHECK(read_secret_key(keys / "server.key").public_key ==
          read_public_key(keys / "server.pub").public_key);
    CHECK_FALSE(contains(content_of(keys / "server.pub"), "secret"));
    const auto clients = read_clients(keys);
    REQUIRE(clients.size() == 1);
    CHECK(clients[0].name == "local");
    CHECK(clients[0].public_key == read_secret_key(keys / "client.key").public_key);
    CHECK(scratch.entries() == std::vector<std::string>{"fleet"});  // nothing is left beside it

    const auto before = content_of(keys / "server.key");
    CHECK(contains(message_of<ConfigError>([&] { create_keys(keys); }),
                   "fleet: is there already; keys are never replaced"));
    CHECK(content_of(keys / "server.key") == before);
}

TEST_CASE("add_client: let in by name, with all it needs in a directory of its own") {
    const Scratch scratch;
    const auto keys = scratch / "fleet";
    CHECK(contains(message_of<InputError>([&] { add_client(keys, "north", scratch / "north"); }),
                   "server.pub"));
    create_keys(keys);
    add_client(keys, "north", scratch / "north");
    CHECK(mode_of(scratch / "north/client.key") == 0600);
    CHECK(read_public_key(scratch / "north/server.pub").public_key ==
          read_public_key(keys / "server.pub").public_key);
    const auto clients = read_clients(keys);
    REQUIRE(clients.size() == 2);
    CHECK(clients[1].name == "north");
    CHECK(clients[1].public_key == read_secret_key(scratch / "north/client.key").public_key);
    CHECK_FALSE(fs::exists(scratch / "north/server.key"));
    CHECK(contains(message_of<ConfigError>([&] { add_client(keys, "north", scratch / "again"); }),
                   "north.pub: is there already"));
    CHECK(contains(message_of<ConfigError>([&] { add_client(keys, "south", scratch / "north"); }),
                   "north: is there already"));
    CHECK_FALSE(fs::exists(keys / "clients/south.pub"));
}

TEST_CASE("read_secret_key: files of wrong permissions or content are refused by name") {
    const Scratch scratch;
    const auto pair = new_key_pair("a"), other = new_key_pair("b");
    const auto line = [](const KeyPair& key) { return to_line(encode(key)); };
    CHECK(complaint(scratch, line(pair)) == "");
    for (const unsigned mode : {0640U, 0604U, 0666U, 0620U})
        CHECK(contains(complaint(scratch, line(pair), mode),
                       "some.key: others than its owner may use it; chmod 600 it"));
    CHECK(complaint(scratch, line(pair), 0400) == "");
    CHECK(contains(complaint(scratch, ""), "some.key"));
    CHECK(contains(complaint(scratch, "{broken"), "some.key"));
    CHECK(contains(complaint(scratch, line({"a", pair.public_key, ""})),
                   "/secret_key"));  // the public key alone
    CHECK(contains(complaint(scratch, line({"a", pair.public_key, "short"})), "/secret_key"));
    CHECK(contains(complaint(scratch, line({"a", pair.public_key, std::string(40, '~')})),
                   "/secret_key: is not 40 characters of Z85"));
    CHECK(contains(complaint(scratch, line({"a", std::string(40, '"'), pair.secret_key})),
                   "/public_key: is not 40 characters of Z85"));
    CHECK(contains(complaint(scratch, line({"a", other.public_key, pair.secret_key})),
                   "does not belong to the secret one"));
    CHECK(contains(message_of<InputError>([&] { (void)read_secret_key(scratch / "none.key"); }),
                   "none.key"));
}

TEST_CASE(
    "read_clients: other files are passed over, a damaged key is named, no directory means no "
    "clients") {
    const Scratch scratch;
    CHECK(read_clients(scratch.path()).empty());
    write(scratch / "clients/README", "text");
    CHECK(read_clients(scratch.path()).empty());
    write(scratch / "clients/bad.pub", "text");
    CHECK(contains(message_of<InputError>([&] { (void)read_clients(scratch.path()); }), "bad.pub"));
}
