#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/store/store.hpp"

namespace ekya {

// What is damaged in a store is renamed into `quarantine/` of its stream, plans into that of the
// store, and never deleted; what reads the store goes on without it. Damage is content that cannot
// be what was written, a record in the place of another, a file that its directory lacks, or a
// symbolic link out of the store; a directory that is such a link is renamed as a whole. A file
// that the system cannot open or read (permissions, ESTALE, a failing disk) stays where it is.
// Each function returns one message for people per thing that it found, set aside or not.

/// Looks at what a window works with: the model that serves, and manifests and labels of the three
/// windows before it, of the newest its crops too. In place of a damaged model the one that served
/// before serves, else the newest one that is whole.
[[nodiscard]] std::vector<std::string> set_aside_damaged(const Store& store,
                                                         const std::string& stream, int window);

/// Profiles, results, and what came of retrainings.
[[nodiscard]] std::vector<std::string> set_aside_damaged_records(const Store& store,
                                                                 const std::string& stream);

/// Looks at all that a stream learns from: the model that serves, all windows, the crops of those
/// with labels, and the records above. It reads all of that, so it is for a job that has failed to
/// learn, not for a program that others wait for.
[[nodiscard]] std::vector<std::string> set_aside_all_damaged(const Store& store,
                                                             const std::string& stream);

/// Manifests and label sets of all windows.
[[nodiscard]] std::vector<std::string> set_aside_damaged_windows(const Store& store,
                                                                 const std::string& stream);

/// Windows with a higher number than `last`, damaged or not.
[[nodiscard]] std::vector<std::string> set_aside_windows_beyond(const Store& store,
                                                                const std::string& stream,
                                                                int last);

/// The part about models.
[[nodiscard]] std::vector<std::string> set_aside_damaged_serving(const Store& store,
                                                                 const std::string& stream);

/// A model by its id, if it is damaged; another one may serve on.
[[nodiscard]] std::vector<std::string> set_aside_damaged_model(const Store& store,
                                                               const std::string& stream,
                                                               const std::string& model);

/// All profiles of a stream.
[[nodiscard]] std::vector<std::string> set_aside_damaged_profiles(const Store& store,
                                                                  const std::string& stream);

/// Profiles of a stream from a window on, those that are damaged set aside without a word, and
/// those of another stream passed over: the copy of a stream's directory is no stream.
/// @throws InputError if one cannot be read and is not set aside
[[nodiscard]] std::vector<ProfileRecord> whole_profiles(const Store& store,
                                                        const std::string& stream, int from = 0);

/// All plans.
[[nodiscard]] std::vector<std::string> set_aside_damaged_plans(const Store& store);

}  // namespace ekya
