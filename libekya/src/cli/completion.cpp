#include "completion.hpp"

#include <algorithm>

#include "option_table.hpp"

namespace ekya::cli {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

/// In single quotes of a shell.
std::string in_quotes(const std::string& text) {
    std::string result = "'";
    for (const char letter : text)
        if (letter == '\'')
            result += "'\\''";
        else
            result += letter;
    return result + "'";
}

std::string function_name(std::string tool) {
    std::replace(tool.begin(), tool.end(), '-', '_');
    return "_" + tool;
}

std::string all_names(const OptionEntry& entry, const char* between) {
    std::vector<std::string> names;
    for (const auto& name : entry.option->get_snames()) names.push_back("-" + name);
    names.push_back("--" + entry.key);
    return joined(names, between);
}

bool takes_a_command(const CLI::App& app) {
    const auto options = app.get_options({});
    return std::any_of(options.begin(), options.end(), [](const CLI::Option* option) {
        return option->get_positional() && !option->nonpositional();
    });
}

/// What zsh takes for the end of a description or a message.
std::string zsh_text(const std::string& text) {
    std::string result;
    for (const char letter : text) {
        if (letter == '[' || letter == ']' || letter == ':' || letter == '\\') result += '\\';
        result += letter;
    }
    return result;
}

std::string zsh_option(const OptionEntry& entry) {
    std::vector<std::string> names;
    for (const auto& name : entry.option->get_snames()) names.push_back("-" + name);
    names.push_back("--" + entry.key);
    std::string lines;
    for (const auto& name : names) {
        std::string spec = entry.repeatable ? "*" : "";
        spec += name;
        if (!entry.is_flag()) spec += name.starts_with("--") ? "=" : "+";
        spec += "[" + zsh_text(entry.help) + "]";
        if (!entry.is_flag()) {
            spec += ":" + zsh_text(entry.value) + ":";
            if (!entry.words.empty())
                spec += "_values -s , " + entry.value + " " + joined(entry.words, " ");
            else if (!entry.is_number())
                spec += "_files";
        }
        lines += " \\\n    " + in_quotes(spec);
    }
    return lines;
}

}  // namespace

std::string bash_completion(const CLI::App& app, const std::string& tool) {
    const auto entries = option_table(app);
    const auto function = function_name(tool);
    std::vector<std::string> names, numbers, files;
    std::string cases;
    for (const auto& entry : entries) {
        names.push_back("--" + entry.key);
        if (entry.is_flag()) continue;
        if (!entry.words.empty())
            cases += "        " + all_names(entry, "|") +
                     ") words=" + in_quotes(joined(entry.words, " ")) + " ;;\n";
        else
            (entry.is_number() ? numbers : files).push_back(all_names(entry, "|"));
    }
    if (!numbers.empty())
        cases += "        " + joined(numbers, "|") +
                 ")\n            compopt +o default 2>/dev/null\n"
                 "            return ;;\n";
    // Nothing is offered for them here, so that readline offers names of files.
    if (!files.empty()) cases += "        " + joined(files, "|") + ") return ;;\n";
    std::string text = "# Completion of " + tool + " for bash; written by " + tool +
                       " --help-completion bash.\n" + function + "() {\n";
    text +=
        "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local words='' first=''\n"
        "    COMPREPLY=()\n";
    if (takes_a_command(app))
        text +=
            "    local i\n"
            "    for ((i = 1; i < COMP_CWORD; ++i)); do\n"
            "        if [[ ${COMP_WORDS[i]} == -- ]]; then\n"
            "            if declare -F _command_offset >/dev/null; then\n"
            "                _command_offset $((i + 1))\n"
            "            else\n"
            "                mapfile -t COMPREPLY < <(compgen -c -- \"$word\")\n"
            "            fi\n"
            "            return\n"
            "        fi\n"
            "    done\n";
    text +=
        "    # --option=value arrives in three words.\n"
        "    if [[ $word == = ]]; then\n"
        "        word=''\n"
        "    elif [[ $option == = ]]; then\n"
        "        option=${COMP_WORDS[COMP_CWORD-2]}\n"
        "    fi\n"
        "    case $option in\n" +
        cases +
        "    esac\n"
        "    if [[ -z $words ]]; then\n"
        "        if [[ $word != -* ]]; then return; fi\n"
        "        words=" +
        in_quotes(joined(names, " ")) +
        "\n"
        "    elif [[ $word == *,* ]]; then\n"
        "        first=${word%,*},\n"
        "    fi\n"
        "    mapfile -t COMPREPLY < <(compgen -P \"$first\" -W \"$words\" -- "
        "\"${word#\"$first\"}\")\n"
        "}\n"
        "complete -o default -F " +
        function + " " + tool + "\n";
    return text;
}

std::string zsh_completion(const CLI::App& app, const std::string& tool) {
    std::string text =
        "#compdef " + tool + "\n# Written by " + tool + " --help-completion zsh.\n_arguments -S";
    for (const auto& entry : option_table(app)) text += zsh_option(entry);
    if (takes_a_command(app)) text += " \\\n    '*::command:_normal -p " + tool + "'";
    return text + "\n";
}

}  // namespace ekya::cli
