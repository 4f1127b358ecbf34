#include "ekya/wire/keys.hpp"

#include <sys/stat.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr mode_t owner_only = 0600;
using Z85 = std::array<char, 41>;  // 40 characters and the end of the string

std::string public_key_of(const std::string& secret_key) {
    Z85 key{};
    return zmq_curve_public(key.data(), secret_key.c_str()) == 0 ? key.data() : "";
}

bool is_key(const std::string& text) {
    std::array<std::uint8_t, 32> bytes{};
    return text.size() == 40 && zmq_z85_decode(bytes.data(), text.c_str()) != nullptr;
}

std::string line_of(const KeyPair& pair) { return to_line(encode(pair)) + "\n"; }

KeyPair public_part(const KeyPair& pair) { return {pair.name, pair.public_key, ""}; }

void write_secret(const fs::path& file, const KeyPair& pair) {
    write_atomically(file, line_of(pair), owner_only);
}

void write_public(const fs::path& file, const KeyPair& pair) {
    write_atomically(file, line_of(public_part(pair)));
}

/// A new directory, closed to others from the start.
AtomicDirectory new_directory(const fs::path& directory) {
    if (fs::exists(directory))
        throw ConfigError(directory.string() + ": is there already; keys are never replaced");
    return AtomicDirectory(directory);
}

void close_to_others(const AtomicDirectory& directory) {
    if (::chmod(directory.path().c_str(), 0700) != 0)
        throw SystemError(directory.path().string() +
                          ": cannot change its mode: " + std::strerror(errno));
}

KeyPair read_key(const fs::path& file) {
    auto pair = read_record<KeyPair>(file);
    if (!is_key(pair.public_key))
        throw InputError(file.string() + ": /public_key: is not 40 characters of Z85");
    return pair;
}

}  // namespace

KeyPair new_key_pair(const std::string& name) {
    Z85 public_key{}, secret_key{};
    if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
        throw SystemError("cannot make keys: libzmq was built without CURVE");
    return {name, public_key.data(), secret_key.data()};
}

std::vector<KeyPair> create_keys(const fs::path& keys) {
    const auto server = new_key_pair("server"), client = new_key_pair("local");
    auto directory = new_directory(keys);
    close_to_others(directory);
    write_secret(directory.path() / "server.key", server);
    write_public(directory.path() / "server.pub", server);
    write_secret(directory.path() / "client.key", client);
    write_public(directory.path() / "clients" / (client.name + ".pub"), client);
    directory.commit();
    return {public_part(server), public_part(client)};
}

KeyPair add_client(const fs::path& keys, const std::string& name, const fs::path& client_keys) {
    wire::require_format("client", name, wire::file_name);
    const auto server = read_public_key(keys / "server.pub");
    const auto let_in = keys / "clients" / (name + ".pub");
    if (fs::exists(let_in))
        throw ConfigError(let_in.string() +
                          ": is there already; remove it to shut that client out");
    const auto client = new_key_pair(name);
    auto directory = new_directory(client_keys);
    close_to_others(directory);
    write_secret(directory.path() / "client.key", client);
    write_public(directory.path() / "server.pub", server);
    write_public(let_in, client);
    directory.commit();
    return public_part(client);
}

KeyPair read_secret_key(const fs::path& file) {
    auto pair = read_key(file);
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0)
        throw InputError(file.string() + ": cannot look at it: " + std::strerror(errno));
    if ((status.st_mode & 0077) != 0)
        throw InputError(file.string() + ": others than its owner may use it; chmod 600 it");
    if (!is_key(pair.secret_key))
        throw InputError(file.string() + ": /secret_key: is not 40 characters of Z85");
    if (public_key_of(pair.secret_key) != pair.public_key)
        throw InputError(file.string() + ": the public key does not belong to the secret one");
    return pair;
}

KeyPair read_public_key(const fs::path& file) { return public_part(read_key(file)); }

std::vector<fs::path> client_files(const fs::path& keys) {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(keys / "clients", none))
        if (entry.path().extension() == ".pub" && entry.path().filename().string().front() != '.')
            files.push_back(entry.path());
    return files;
}

std::vector<KeyPair> read_clients(const fs::path& keys) {
    std::vector<KeyPair> clients;
    for (const auto& file : client_files(keys)) clients.push_back(read_public_key(file));
    std::sort(clients.begin(), clients.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return clients;
}

}  // namespace ekya
