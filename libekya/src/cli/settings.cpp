#include "settings.hpp"

#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <string_view>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/core/text.hpp"
#include "option_table.hpp"

namespace ekya::cli {
namespace {

/// Bytes of a file of settings.
constexpr std::size_t most_bytes = std::size_t{1} << 20;
/// Between the values of a repeatable option in a variable.
constexpr char separator = ';';

std::string shown(std::string_view text) { return printable(text, limits::quoted_bytes); }

/// A file of settings, as far as it is for one tool.
class SettingsFile {
public:
    SettingsFile(std::string path, const std::string& tool, const CLI::App& app)
        : path_(std::move(path)), tool_(tool), app_(app) {}

    std::vector<Setting> read() {
        const auto table = parsed(text());
        for (const auto& [key, node] : table)
            if (!node.is_table()) add(key, node);
        for (const auto& [key, node] : table)
            if (const auto* section = node.as_table()) add_section(key, *section);
        return std::move(settings_);
    }

private:
    [[nodiscard]] std::string text() const {
        std::ifstream file(path_, std::ios::binary);
        if (!file) throw ConfigError(path_ + ": cannot open: " + std::strerror(errno));
        std::string text(most_bytes + 1, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        if (file.bad() || (!file.eof() && file.fail()))
            throw ConfigError(path_ + ": cannot be read");
        text.resize(static_cast<std::size_t>(file.gcount()));
        if (text.size() > most_bytes)
            throw ConfigError(path_ + ": is longer than 1 MiB; it is no file of settings");
        return text;
    }

    [[nodiscard]] toml::table parsed(const std::string& text) const {
        try {
            return toml::parse(text);
        } catch (const toml::parse_error& e) {
            throw ConfigError(place_of(e.source()) + ": not valid TOML: " + shown(e.description()) +
                              "; texts stand in quotes");
        }
    }

    [[nodiscard]] std::string place_of(const toml::source_region& source) const {
        return path_ + ":" + std::to_string(source.begin.line);
    }

    [[noreturn]] void refuse(const toml::node& node, const toml::key& key,
                             const std::string& why) const {
        throw ConfigError(place_of(node.source()) + ": " + shown(key.str()) + ": " + why);
    }

    void add_section(const toml::key& key, const toml::table& section) {
        if (key.str() != tool_) {
            if (key.str().substr(0, 5) != "ekya-")
                refuse(section, key, "is no table of a tool, such as [" + tool_ + "]");
            return;
        }
        for (const auto& [name, node] : section) add(name, node);
    }

    void add(const toml::key& key, const toml::node& node) {
        const std::string name(key.str());
        const auto* const option = app_.get_option_no_throw("--" + name);
        if (!option || !is_setting(*option))
            refuse(node, key,
                   option ? "can be given on the command line alone"
                          : tool_ + " has no such option; see " + tool_ + " --help");
        Setting setting{option, {}, path_ + ":" + std::to_string(key.source().begin.line)};
        if (const auto* list = node.as_array()) {
            if (option->get_expected_max() <= 1) refuse(node, key, "takes one value, not a list");
            for (const auto& element : *list) setting.values.push_back(value_of(element, key));
        } else {
            setting.values.push_back(value_of(node, key));
        }
        if (!setting.values.empty()) settings_.push_back(std::move(setting));
    }

    [[nodiscard]] std::string value_of(const toml::node& node, const toml::key& key) const {
        if (const auto* text = node.as_string()) {
            if (text->get().find('\0') != std::string::npos) refuse(node, key, "holds a zero byte");
            return text->get();
        }
        if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
        if (const auto* number = node.as_floating_point()) return to_text(number->get());
        if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
        refuse(node, key, "a text, a number, true or false is expected");
    }

    std::string path_;
    const std::string& tool_;
    const CLI::App& app_;
    std::vector<Setting> settings_;
};

void look_at_short(const CLI::App& app, std::string_view word, CommandLine& line) {
    for (const char letter : word.substr(1)) {
        const auto* const option = app.get_option_no_throw(std::string{'-', letter});
        if (!option) return;
        line.given.insert(option);
        if (option->get_expected_max() > 0) return;  // the rest is its value
    }
}

bool is_name_letter(char letter) {
    return letter == '-' || std::isalnum(static_cast<unsigned char>(letter)) != 0;
}

/// Whether the text has --key in it, and not as a part of a longer name.
bool names(const std::string& text, const std::string& key) {
    const std::string name = "--" + key;
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
        const auto end = at + name.size();
        if ((at == 0 || !is_name_letter(text[at - 1])) &&
            (end == text.size() || !is_name_letter(text[end])))
            return true;
    }
    return false;
}

bool is_number_of_toml(const std::string& text) {
    constexpr std::size_t most_digits = 15;  // a double has them all
    std::size_t at = text.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
        const auto begin = at;
        while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0) ++at;
        return at - begin;
    };
    const bool leading_zero = text.substr(at, 1) == "0";
    const auto whole = digits();
    if (whole == 0 || whole > most_digits || (leading_zero && whole > 1)) return false;
    if (at == text.size()) return true;
    if (text[at++] != '.') return false;
    const auto fraction = digits();
    return at == text.size() && fraction > 0 && whole + fraction <= most_digits;
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            result += {'\\', letter};
        } else if (byte < 0x20 || byte == 0x7f) {
            std::array<char, 8> code{};
            (void)std::snprintf(code.data(), code.size(), "\\u%04X", byte);
            result += code.data();
        } else {
            result += letter;
        }
    }
    return result + '"';
}

std::string value_text(const OptionEntry& entry, const std::string& value) {
    if (entry.is_number() && is_number_of_toml(value)) return value;
    return quoted(value);
}

std::string list_text(const OptionEntry& entry, const std::vector<std::string>& values) {
    std::string text = "[";
    for (const auto& value : values)
        text += (text.size() > 1 ? ", " : "") + value_text(entry, value);
    return text + "]";
}

std::string default_text(const OptionEntry& entry) {
    if (entry.is_flag()) return " = false";
    if (entry.standard.empty() || entry.standard == "[]")
        return entry.required ? " =    # required" : " =";
    if (entry.repeatable && entry.standard.starts_with('[') && entry.standard.ends_with(']'))
        return " = " +
               list_text(entry, CLI::detail::split(
                                    entry.standard.substr(1, entry.standard.size() - 2), ','));
    return " = " + value_text(entry, entry.standard);
}

bool is_true(const std::string& flag) {
    try {
        return CLI::detail::to_flag_value(flag) > 0;
    } catch (const std::invalid_argument&) {
        return false;
    }
}

bool is_false(const std::string& flag) {
    try {
        return CLI::detail::to_flag_value(flag) <= 0;
    } catch (const std::invalid_argument&) {
        return false;  // neither; parsing refuses it
    }
}

std::string given_text(const OptionEntry& entry) {
    if (entry.is_flag()) {
        // --cold{false} sets another value to false.
        const auto if_given = entry.option->get_flag_value(entry.key, "true");
        return is_true(entry.option->results().back()) == is_true(if_given) ? "true" : "false";
    }
    if (entry.repeatable) return list_text(entry, entry.option->results());
    return value_text(entry, entry.option->results().back());
}

bool is_secret(const OptionEntry& entry) {
    for (const char* word : {"password", "passphrase", "secret", "token"})
        if (entry.key.find(word) != std::string::npos) return true;
    const auto& values = entry.option->results();
    return std::any_of(values.begin(), values.end(),
                       [](const std::string& value) { return without_secrets(value) != value; });
}

}  // namespace

CommandLine look_at(const CLI::App& app, int argc, char** argv) {
    CommandLine line;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word(argv[i]);
        if (word == "--") break;
        if (word.size() > 1 && word[0] == '-' && word[1] != '-') {
            look_at_short(app, word, line);
        } else if (word.starts_with("--")) {
            const std::string name(word.substr(0, word.find('=')));
            if (const auto* option = app.get_option_no_throw(name)) line.given.insert(option);
            if (name != "--config") continue;
            if (word.size() > name.size())
                line.config = word.substr(name.size() + 1);
            else if (i + 1 < argc)
                line.config = argv[i + 1];
        }
    }
    return line;
}

std::vector<Setting> settings_of_file(const std::string& path, const std::string& tool,
                                      const CLI::App& app) {
    return SettingsFile(path, tool, app).read();
}

std::vector<Setting> settings_of_environment(char** environment, const std::string& tool,
                                             const CLI::App& app,
                                             std::vector<std::string>& unknown) {
    const auto prefix = variable_prefix(tool);
    std::map<std::string, const CLI::Option*> options;
    for (const auto* option : app.get_options({}))
        if (is_setting(*option))
            options.emplace(variable_of(tool, option->get_lnames().front()), option);
    std::vector<Setting> settings;
    for (; *environment; ++environment) {
        const std::string_view entry(*environment);
        if (!entry.starts_with(prefix)) continue;
        const std::string name(entry.substr(0, entry.find('=')));
        const std::string value(entry.substr(std::min(name.size() + 1, entry.size())));
        const auto found = options.find(name);
        if (found == options.end()) {
            if (name != run_clock_variable && name != variable_of(tool, "config"))
                unknown.push_back(name);
            continue;
        }
        if (value.empty()) continue;
        Setting setting{found->second, {value}, name};
        if (found->second->get_expected_max() > 1)
            setting.values = CLI::detail::split(value, separator);
        settings.push_back(std::move(setting));
    }
    return settings;
}

std::vector<Setting> settings_in_effect(const std::vector<Setting>& settings,
                                        const std::set<const CLI::Option*>& given) {
    std::map<const CLI::Option*, const Setting*> last;
    for (const auto& setting : settings) last[setting.option] = &setting;
    std::vector<Setting> effective;
    for (const auto& setting : settings)
        if (last[setting.option] == &setting && !given.contains(setting.option))
            effective.push_back(setting);
    return effective;
}

std::vector<std::string> words_of(const std::vector<Setting>& settings) {
    std::vector<std::string> words, of_flags;
    for (const auto& setting : settings) {
        const auto name = "--" + setting.option->get_lnames().front();
        const bool is_flag = setting.option->get_expected_max() == 0;
        for (const auto& value : setting.values) {
            if (is_flag && is_false(value)) continue;  // as if it were not given
            // "--name=" would take the next word as its value.
            if (value.empty())
                words.insert(words.end(), {name, value});
            else
                (is_flag ? of_flags : words).push_back(name + "=" + value);
        }
    }
    // An option with a list of values takes words up to the next option.
    words.insert(words.end(), of_flags.begin(), of_flags.end());
    return words;
}

std::string with_place(const std::string& message, const std::vector<Setting>& settings) {
    std::string places;
    for (const auto& setting : settings)
        if (names(message, setting.option->get_lnames().front()))
            places += (places.empty() ? "" : ", ") + setting.place;
    return places.empty() ? message : places + ": " + message;
}

std::string settings_text(const CLI::App& app, const std::string& tool,
                          const std::vector<Setting>& settings) {
    std::map<const CLI::Option*, std::string> places;
    for (const auto& setting : settings) places[setting.option] = setting.place;
    std::string text = "[" + tool + "]\n", group;
    for (const auto& entry : option_table(app)) {
        if (!is_setting(*entry.option)) continue;
        if (entry.group != group) {
            group = entry.group;
            text += "\n# " + group + "\n";
        }
        if (entry.option->count() == 0) {
            text += "#" + entry.key + default_text(entry) + "\n";
            continue;
        }
        const auto place = places.find(entry.option);
        const auto origin = place == places.end() ? "" : "    # " + printable(place->second);
        if (is_secret(entry))
            text += "#" + entry.key + " = \"***\"    # given; secrets are not printed\n";
        else
            text += entry.key + " = " + given_text(entry) + origin + "\n";
    }
    return text;
}

}  // namespace ekya::cli
