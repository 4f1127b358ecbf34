#include "option_table.hpp"

#include <algorithm>
#include <cctype>

namespace ekya::cli {
namespace {

/// Splits "TEXT:{a,b}" and "INT:INT in [1 - 9]" into kind and checks.
void read_type(const std::string& type, OptionEntry& entry) {
    const auto colon = type.find(':');
    entry.value = type.substr(0, colon);
    if (colon == std::string::npos) return;
    entry.range = type.substr(colon + 1);
    const auto open = entry.range.find('{');
    const auto close = entry.range.find('}', open);
    if (open == std::string::npos || close == std::string::npos) return;
    entry.words = CLI::detail::split(entry.range.substr(open + 1, close - open - 1), ',');
    entry.range.clear();
}

OptionEntry entry_of(const CLI::Option& option) {
    OptionEntry entry;
    entry.option = &option;
    entry.key = option.get_lnames().front();
    for (const auto& name : option.get_snames()) entry.names += "-" + name + ", ";
    entry.names += "--" + entry.key;
    if (option.get_expected_max() > 0) read_type(option.get_type_name(), entry);
    entry.standard = option.get_default_str();
    entry.help = option.get_description();
    entry.group = option.get_group();
    entry.repeatable = option.get_expected_max() > 1;
    entry.required = option.get_required();
    return entry;
}

}  // namespace

bool OptionEntry::is_number() const {
    return value == "INT" || value == "UINT" || value == "FLOAT";
}

std::vector<OptionEntry> option_table(const CLI::App& app) {
    std::vector<OptionEntry> entries;
    const auto options = app.get_options([](const CLI::Option* option) {
        return !option->get_lnames().empty() && !option->get_group().empty();
    });
    for (const auto& group : app.get_groups())
        for (const auto* option : options)
            if (option->get_group() == group) entries.push_back(entry_of(*option));
    return entries;
}

bool is_setting(const CLI::Option& option) {
    return option.get_configurable() && !option.get_lnames().empty() && !option.get_group().empty();
}

std::string variable_prefix(const std::string& tool) { return variable_of(tool, ""); }

std::string variable_of(const std::string& tool, const std::string& key) {
    std::string name = tool + '_' + key;
    for (auto& letter : name)
        letter = letter == '-'
                     ? '_'
                     : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    return name;
}

}  // namespace ekya::cli
