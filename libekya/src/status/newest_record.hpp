#pragma once
#include <sys/stat.h>

#include <charconv>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

/// The record of the newest window that has one, read anew only if it is another file than the last
/// time.
template <typename Record> class NewestRecord {
public:
    /// Looks for it. A directory may hold thousands, so the windows up to `newest` are tried by
    /// their names first.
    /// @param file_of a window's  @param directory which has an entry for each window
    void look(const std::function<std::filesystem::path(int)>& file_of,
              const std::filesystem::path& directory, std::optional<int> newest) {
        constexpr int tried = 8;
        for (int back = 0; newest && back < tried && *newest - back >= 0; ++back)
            if (take(file_of(*newest - back))) return;
        struct stat now {};
        if (stat(directory.c_str(), &now) != 0) return void(*this = {});
        if (is_same(now, listed_)) {  // what is new in it is among those tried above
            if (!take(file_)) forget();
            return;
        }
        std::optional<int> found;
        std::error_code code;
        for (const auto& entry : std::filesystem::directory_iterator(directory, code)) {
            const auto window = window_of(entry.path().stem().string());
            struct stat ignored {};
            if (window && (!found || *window > *found) &&
                stat(file_of(*window).c_str(), &ignored) == 0)
                found = window;
        }
        if (!found || !take(file_of(*found))) forget();
        listed_ = now;
    }
    [[nodiscard]] const std::optional<Record>& record() const { return record_; }
    /// Why it cannot be read; empty = it can, or there is none.
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    static std::optional<int> window_of(const std::string& name) {
        int window = -1;
        const char* const last = name.data() + name.size();
        const auto [end, error] = std::from_chars(name.data(), last, window);
        const bool fits = error == std::errc{} && end == last && window >= 0 &&
                          window <= limits::window && window_number(window) == name;
        return fits ? std::optional(window) : std::nullopt;
    }
    static bool is_same(const struct stat& a, const struct stat& b) {
        return a.st_ino == b.st_ino && a.st_size == b.st_size &&
               a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
    }
    void forget() {
        file_.clear();
        record_.reset();
        problem_.clear();
    }
    /// @return whether there is such a file
    bool take(const std::filesystem::path& file) {
        struct stat now {};
        if (stat(file.c_str(), &now) != 0) return false;
        if (is_same(now, seen_) && file == file_) return true;
        seen_ = now;
        file_ = file;
        record_.reset();
        problem_.clear();
        try {
            record_ = read_record<Record>(file);
        } catch (const Error& e) {
            problem_ = e.what();
        }
        return true;
    }

    std::filesystem::path file_;
    struct stat seen_ {
    }, listed_{};
    std::optional<Record> record_;
    std::string problem_;
};

}  // namespace ekya
