#include "runtime/cli/Words.h"

#include "runtime/core/Failure.h"
#include "runtime/core/Suggest.h"
#include "support/Usage.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <vector>

using namespace agon::rt;

namespace {

bool isHelp(std::string_view word) { return word == "--help" || word == "-h"; }

/// The words of one command.
class Words {
public:
  Words(const CLI::App &command, int argc, const char *const *argv);

  int judge();

private:
  /// What one word gives: an option, alone or with its value.
  struct Given {
    const CLI::Option *option = nullptr; ///< null: the command has none of that name
    std::string name;                    ///< as it is written, "--steps", "-n"
    bool hasValue = false;               ///< the word goes on behind the name
  };

  Given given(const std::string &word) const;
  [[noreturn]] void refuse(const std::string &word) const;
  void judgeMissing() const;

  const CLI::App &command;
  int argc;
  const char *const *argv;
  std::map<std::string, const CLI::Option *> known;
  std::vector<std::string> names;
  const CLI::Option *listed = nullptr;             ///< what words that are no options are given to
  std::map<const CLI::Option *, std::string> seen; ///< with the words that gave them
};

Words::Words(const CLI::App &command, int argc, const char *const *argv) : command(command), argc(argc), argv(argv) {
  for (const CLI::Option *option : command.get_options()) {
    if (option->get_positional())
      listed = option;
    for (const std::string &name : option->get_lnames())
      known["--" + name] = option;
    for (const std::string &name : option->get_snames())
      known["-" + name] = option;
  }
  for (const auto &[name, option] : known)
    names.push_back(name);
}

Words::Given Words::given(const std::string &word) const {
  bool isLong = word.starts_with("--");
  Given result;
  result.name = word.substr(0, isLong ? word.find('=') : 2);
  result.hasValue = result.name.size() < word.size();
  if (auto found = known.find(result.name); found != known.end())
    result.option = found->second;
  // "-quiet" is no -q.
  if (result.option && !isLong && result.hasValue && result.option->get_expected_max() == 0)
    result.option = nullptr;
  return result;
}

/// Tells of a word that is no option of the command, nor the value of one.
void Words::refuse(const std::string &word) const {
  std::string name = word.substr(0, word.find('=')), listed = command.get_name() + " --help lists what there is";
  if (word.starts_with('-') && word != "-" && word != "--") {
    static const std::map<std::string, std::string> elsewhere = {
        {"--accept-changes", "a run goes on with another model by --resume=anyway"},
        {"--epochs", "training is counted in iterations: --steps N"},
        {"--iterations", "training is counted in iterations: --steps N"},
        {"--batch", "the size of the minibatch is compiled in: agonc -D batch=N"},
        {"--batch-size", "the size of the minibatch is compiled in: agonc -D batch=N"},
        {"--lr", "a player's rate is set by --set PLAYER.lr=NUMBER"}};
    auto found = elsewhere.find(name);
    std::string near = name.size() > 2 ? suggestion(name, names) : std::string(); // letters are all near each other
    fail(ExitCode::Usage, "{}",
         agon::support::optionUnknown(name, found != elsewhere.end() ? found->second
                                            : near.empty()           ? listed
                                                                     : near.substr(2)));
  }
  std::string fix = listed;
  if (name.size() < word.size())
    fix = known.count("--" + name) ? "did you mean --" + word + "?"
          : known.count("--data")  ? "did you mean --data " + word + "?"
                                   : listed;
  fail(ExitCode::Usage, "{} takes options alone, got '{}'; {}", command.get_name(), word, fix);
}

/// Tells of an option that the command cannot do without.
void Words::judgeMissing() const {
  for (const CLI::Option *option : command.get_options())
    if (option->get_required() && !seen.count(option))
      fail(ExitCode::Usage, "{} needs {}{}: {}", command.get_name(),
           option->get_positional() ? "" : option->get_name() + " ", option->get_type_name(),
           option->get_description());
}

int Words::judge() {
  for (int i = 2; i < argc; ++i) {
    std::string word = argv[i], text = word;
    if (isHelp(word))
      return i + 1;
    if (listed && !word.starts_with('-') && !word.empty()) {
      seen.emplace(listed, word);
      continue;
    }
    Given it = word.starts_with('-') ? given(word) : Given();
    if (!it.option)
      refuse(word);
    if (it.option->get_expected_min() == 0) { // a value, if there may be one, stands in the word
      if (it.hasValue && it.option->get_expected_max() == 0)
        fail(ExitCode::Usage, "{}", agon::support::valueUnwanted(word));
      if (word == it.name + "=")
        fail(ExitCode::Usage, "{}", agon::support::valueLacks(word));
    } else if (it.hasValue) {
      if (word == it.name + "=")
        fail(ExitCode::Usage, "{}", agon::support::valueLacks(word));
    } else {
      // The parser would take the next word for the value, whatever it is.
      if (i + 1 == argc)
        fail(ExitCode::Usage, "{}", agon::support::valueLacks(word));
      std::string next = argv[++i];
      if (next.starts_with('-') && given(next).option)
        fail(ExitCode::Usage, "{}", agon::support::valueLacks(word, next));
      text += " " + next;
    }
    bool isList = it.option->get_expected_max() > 1;
    if (auto [first, isFirst] = seen.emplace(it.option, text); !isFirst && !isList)
      fail(ExitCode::Usage, "{}", agon::support::bothGiven(first->second, text));
  }
  judgeMissing();
  return argc;
}

} // namespace

int agon::rt::judgeWords(const CLI::App &app, int argc, const char *const *argv) {
  std::vector<std::string> commands;
  for (const CLI::App *command : app.get_subcommands({}))
    commands.push_back(command->get_name());
  if (argc < 2)
    fail(ExitCode::Usage, "expected a command: {}; --help tells more", fmt::join(commands, ", "));
  std::string first = argv[1];
  if (isHelp(first) || first == "--version")
    return 2;
  if (first.starts_with('-'))
    fail(ExitCode::Usage, "expected a command before {}: {}", first, fmt::join(commands, ", "));
  if (std::find(commands.begin(), commands.end(), first) == commands.end())
    fail(ExitCode::Usage, "unknown command '{}'{} (commands: {})", first, suggestion(first, commands),
         fmt::join(commands, ", "));
  return Words(*app.get_subcommand(first), argc, argv).judge();
}
