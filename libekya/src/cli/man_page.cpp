#include "man_page.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "description.hpp"
#include "option_table.hpp"

namespace ekya::cli {
namespace {

/// Text in the middle of a line: what roff would obey is escaped.
std::string inline_roff(const std::string& text) {
    std::string result;
    for (const char letter : text) {
        if (letter == '\\')
            result += "\\e";
        else if (letter == '-')
            result += "\\-";
        else if (letter == '`')
            result += "\\(ga";
        else if (letter == '^')
            result += "\\(ha";
        else if (letter == '~')
            result += "\\(ti";
        else
            result += letter;
    }
    return result;
}

/// Lines of text. One that begins like a request of roff does not become one.
std::string roff(const std::string& text) {
    std::istringstream lines(text);
    std::string result, line;
    while (std::getline(lines, line)) {
        const auto begin = line.find_first_not_of(' ');
        line.erase(0, std::min(begin, line.size()));
        if (line.empty()) continue;
        if (line[0] == '.' || line[0] == '\'') result += "\\&";
        result += inline_roff(line) + "\n";
    }
    return result;
}

/// As a sentence: a capital at its start where that is no name, a full stop.
std::string sentence(std::string text) {
    if (text.empty()) return text;
    const auto word = text.substr(0, text.find_first_of(" ,:;("));
    if (std::all_of(word.begin(), word.end(),
                    [](unsigned char letter) { return std::islower(letter) != 0; }))
        text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    if (text.back() != '.') text += '.';
    return text;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// The checks of CLI11 in words: "INT in [1 - 9]" and its like.
std::string range_in_words(const std::string& range) {
    if (range.empty()) return "";
    if (range == "POSITIVE") return "Greater than 0.\n";
    if (range == "NONNEGATIVE") return "0 or greater.\n";
    if (range == "FILE") return "The file must exist.\n";
    if (range == "DIR") return "The directory must exist.\n";
    const auto open = range.find('[');
    return open == std::string::npos ? "" : "In " + range.substr(open) + ".\n";
}

std::string option_text(const OptionEntry& entry) {
    std::string text = ".TP\n\\fB" + inline_roff(entry.names) + "\\fR";
    if (!entry.is_flag())
        text += " \\fI" + inline_roff(entry.value) + (entry.repeatable ? "\\fR ..." : "\\fR");
    text += "\n" + roff(sentence(entry.help));
    if (!entry.words.empty()) text += roff("One of: " + joined(entry.words) + ".");
    text += roff(range_in_words(entry.range));
    if (entry.required) text += "Required.\n";
    if (!entry.standard.empty()) text += roff("Default: " + entry.standard + ".");
    return text;
}

std::string options_text(const CLI::App& app) {
    std::string text = ".SH OPTIONS\n", group = "Options";
    for (const auto& entry : option_table(app)) {
        if (entry.group != group) text += ".SS " + inline_roff(entry.group) + "\n";
        group = entry.group;
        text += option_text(entry);
    }
    return text;
}

std::string positionals(const CLI::App& app) {
    std::string text;
    for (const auto* option : app.get_options({}))
        if (option->get_positional() && !option->nonpositional())
            text += " [\\-\\-] \\fI" + inline_roff(option->get_name(true)) + "\\fR";
    return text;
}

std::string settings_section(const std::string& tool) {
    return ".SH \"CONFIGURATION FILE AND ENVIRONMENT\"\n"
           "Options come from the command line, from environment variables, from the file of "
           "\\fB\\-\\-config\\fR, and from defaults; each counts before those that follow it.\n"
           ".PP\n"
           "The file is TOML: a key is an option without its dashes, and the table \\fB[" +
           inline_roff(tool) +
           "]\\fR is for this tool alone. A key that is no option is an error. "
           "\\fB\\-\\-print\\-config\\fR writes such a file.\n"
           ".PP\n"
           "The variable of an option is \\fB" +
           inline_roff(variable_prefix(tool)) +
           "\\fR and its name in capitals, with underscores for dashes: \\fB" +
           inline_roff(variable_of(tool, "log-level")) +
           "\\fR is \\fB\\-\\-log\\-level\\fR. Values of a repeatable option are separated by "
           "semicolons, a flag is true or false. A program that another program of ekya starts "
           "reads no variables of options.\n";
}

constexpr const char* exit_section =
    ".SH \"EXIT STATUS\"\n"
    ".TP\n\\fB0\\fR\nDone.\n"
    ".TP\n\\fB1\\fR\nThe work failed.\n"
    ".TP\n\\fB2\\fR\nWrong command line or configuration; nothing was touched.\n"
    ".TP\n\\fB3\\fR\nSome streams failed; the output is valid for the others.\n"
    ".TP\n\\fB128+n\\fR\nEnded by signal n.\n";

}  // namespace

std::string man_page(const CLI::App& app, const std::string& tool, const std::string& version,
                     const std::string& date) {
    std::string title = tool, purpose = app.get_description();
    std::transform(title.begin(), title.end(), title.begin(),
                   [](unsigned char letter) { return std::toupper(letter); });
    const auto described = description_of(app);
    std::string brief = purpose;
    if (!brief.empty() && brief.back() == '.') brief.pop_back();
    if (brief.size() > 1 && std::islower(static_cast<unsigned char>(brief[1])) != 0)
        brief[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(brief[0])));
    const auto name = inline_roff(tool);
    std::string text = ".\\\" Written by " + tool + " --help-man.\n.TH " + inline_roff(title) +
                       " 1 \"" + date + "\" \"ekya " + version + "\" \"ekya\"\n.nh\n.ad l\n";
    text += ".SH NAME\n" + name + " \\- " + inline_roff(brief) + "\n";
    text += ".SH SYNOPSIS\n\\fB" + name + "\\fR [\\fIOPTIONS\\fR]" + positionals(app) + "\n";
    text += ".SH DESCRIPTION\n" + roff(purpose);
    if (!described.reads.empty()) text += ".TP\nReads:\n" + roff(described.reads + ".");
    if (!described.writes.empty()) text += ".TP\nWrites:\n" + roff(described.writes + ".");
    text += options_text(app) + settings_section(tool) + exit_section;
    if (!described.example.empty()) {
        text += ".SH EXAMPLES\n.nf\n" + roff(described.example) + ".fi\n";
    }
    if (!described.source.empty()) text += ".SH \"SEE ALSO\"\n" + roff(sentence(described.source));
    return text;
}

}  // namespace ekya::cli
