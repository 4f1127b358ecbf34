#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace ekya {

/// A CurveZMQ key pair (schema ekya.key/1); both keys are 40 characters of Z85.
struct KeyPair {
    std::string name;
    std::string public_key;
    std::string secret_key;  ///< empty = only the public key is known
};

/// @throws SystemError if libzmq was built without CURVE
[[nodiscard]] KeyPair new_key_pair(const std::string& name);

/// Makes a directory of keys in one piece:
///   server.key, server.pub    of programs that bind: frames, control, events
///   client.key                of programs that connect; here that of the client "local"
///   clients/NAME.pub          clients that servers let in
/// Files with a secret key can be read by their owner only.
/// @throws ConfigError if the directory is there already
std::vector<KeyPair> create_keys(const std::filesystem::path& keys);

/// Lets one more client in: its public key into `keys`, and all that it needs on its machine
/// (client.key, server.pub) into the new directory `client_keys`.
/// @throws ConfigError if the client or the directory is there already; InputError if `keys` is no
/// directory of keys
KeyPair add_client(const std::filesystem::path& keys, const std::string& name,
                   const std::filesystem::path& client_keys);

/// @throws InputError naming the file if it cannot be read, may be read by others than its owner,
/// or holds no matching pair
[[nodiscard]] KeyPair read_secret_key(const std::filesystem::path& file);
/// @throws InputError naming the file
[[nodiscard]] KeyPair read_public_key(const std::filesystem::path& file);
/// The files of the clients that servers let in, in no order.
[[nodiscard]] std::vector<std::filesystem::path> client_files(const std::filesystem::path& keys);
/// The clients that servers let in, by name. @throws InputError for the first file that holds no
/// key
[[nodiscard]] std::vector<KeyPair> read_clients(const std::filesystem::path& keys);

}  // namespace ekya
