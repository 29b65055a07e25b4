package dev.archive.cli.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Completion scripts of the commands, from their model, so that they cannot say anything else. The
 * same program prints the same bytes everywhere.
 *
 * <p>Why not picocli's own: in its bash script the names of files go through {@code compgen -W},
 * which expands them as shell code: TAB in a directory with a file named {@code $(command)} would
 * run that command. Here a shell completes file names by its own means.
 */
final class Completions {
  /** Of the value alone: fish hands on the whole of {@code --root=value}. */
  private static final String FISH_DIRECTORIES =
      "(__fish_complete_directories (commandline -ct | string replace -r -- '^--[^=]*=' ''))";

  private final CommandSpec root;
  private final List<CommandSpec> commands;

  Completions(CommandSpec root) {
    this.root = root;
    this.commands =
        root.subcommands().values().stream()
            .map(CommandLine::getCommandSpec)
            .filter(command -> !command.usageMessage().hidden())
            .distinct()
            .toList();
  }

  /** How a value is completed. */
  private enum Kind {
    /** There is no value. */
    FLAG,
    /** One of a few words. */
    WORD,
    FILE,
    DIRECTORY,
    /** Anything: nothing can be proposed. */
    TEXT;

    static Kind of(ArgSpec argument) {
      if (argument instanceof OptionSpec && argument.arity().max() == 0) {
        return FLAG;
      }
      if (argument.completionCandidates() != null) {
        return WORD;
      }
      if (argument.auxiliaryTypes()[0] != Path.class) {
        return TEXT;
      }
      return argument.isOption() && argument.paramLabel().equals("DIR") ? DIRECTORY : FILE;
    }
  }

  // --- bash ---

  /** For bash from 3.2 on. */
  String bash() {
    return """
    # bash completion for @name@, as `@name@ completion bash` prints it.

    _@name@() {
      local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' words='' i
      COMPREPLY=()
      # bash splits --option=value into three words.
      if [[ $word == = ]]; then
        word=''
      elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
      fi
      for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} != -* ]]; then
          command=${COMP_WORDS[i]}
          break
        fi
      done

      # Where this returns with an empty COMPREPLY, readline itself completes names of files.
      case $command:$previous in
    @values@  esac
      case $command:$word in
    @words@  esac
      if [[ $word != -* ]]; then
        compopt +o default 2>/dev/null
      fi
      # shellcheck disable=SC2207 # words of this file; an older bash has no mapfile
      COMPREPLY=($(compgen -W "$words" -- "$word"))
    }

    complete -o default -F _@name@ @name@
    """
        .replace("@values@", bashValues())
        .replace("@words@", bashWords())
        .replace("@name@", root.name());
  }

  private String bashValues() {
    StringBuilder cases = new StringBuilder();
    for (CommandSpec command : commands) {
      for (Kind kind : Kind.values()) {
        String patterns =
            options(command).stream()
                .filter(option -> Kind.of(option) == kind)
                .flatMap(option -> Arrays.stream(option.names()))
                .map(name -> command.name() + ":" + name)
                .collect(Collectors.joining(" | "));
        String action =
            switch (kind) {
              case TEXT -> "compopt +o default 2>/dev/null; return";
              case DIRECTORY -> "compopt +o default -o dirnames 2>/dev/null; return";
              case FILE -> "return";
              case FLAG, WORD -> "";
            };
        if (!patterns.isEmpty() && !action.isEmpty()) {
          cases.append("    ").append(patterns).append(") ").append(action).append(" ;;\n");
        }
      }
    }
    return cases.toString();
  }

  private String bashWords() {
    StringBuilder cases = new StringBuilder();
    bashCase(cases, ":-*", optionNames(root));
    bashCase(cases, ":*", joined(commands.stream().map(CommandSpec::name)));
    for (CommandSpec command : commands) {
      bashCase(cases, command.name() + ":-*", optionNames(command));
      if (positionals(command).anyMatch(each -> Kind.of(each) == Kind.FILE)) {
        cases.append("    ").append(command.name()).append(":*) return ;;\n");
      } else {
        bashCase(
            cases, command.name() + ":*", joined(positionals(command).flatMap(Completions::words)));
      }
    }
    return cases.toString();
  }

  private static void bashCase(StringBuilder cases, String pattern, String words) {
    if (!words.isEmpty()) {
      cases.append("    ").append(pattern).append(") words='").append(words).append("' ;;\n");
    }
  }

  private static String optionNames(CommandSpec command) {
    return joined(options(command).stream().flatMap(option -> Arrays.stream(option.names())));
  }

  // --- zsh ---

  /** For zsh: a file of {@code $fpath}, or to be sourced after {@code compinit}. */
  String zsh() {
    return """
    #compdef @name@
    # zsh completion for @name@, as `@name@ completion zsh` prints it.

    _@name@() {
      local curcontext=$curcontext state line
      local -A opt_args
      local -a commands
      _arguments -C \\
    @options@    '1: :->command' \\
        '*:: :->arguments'
      case $state in
        command)
          commands=(
    @commands@      )
          _describe command commands
          ;;
        arguments)
          case $words[1] in
    @arguments@      esac
          ;;
      esac
    }

    if [[ $funcstack[1] == _@name@ ]]; then
      _@name@ "$@"
    else
      compdef _@name@ @name@
    fi
    """
        .replace("@options@", zshOptions(root, "    "))
        .replace(
            "@commands@",
            lines(commands, each -> "        " + zsh(each.name() + ":" + description(each))))
        .replace("@arguments@", lines(commands, Completions::zshArguments))
        .replace("@name@", root.name());
  }

  private static String zshArguments(CommandSpec command) {
    String specs =
        zshOptions(command, "            ")
            + positionals(command)
                .map(each -> "            " + zsh(zshPosition(each) + zshValue(each)) + " \\\n")
                .collect(Collectors.joining());
    return "        "
        + command.name()
        + ")\n          _arguments \\\n"
        + specs.substring(0, specs.length() - " \\\n".length())
        + "\n          ;;";
  }

  private static String zshOptions(CommandSpec command, String indent) {
    return options(command).stream()
        .map(option -> indent + zshOption(option) + " \\\n")
        .collect(Collectors.joining());
  }

  private static String zshOption(OptionSpec option) {
    boolean flag = Kind.of(option) == Kind.FLAG;
    String rest = "[" + escaped(description(option), "\\[]") + "]" + (flag ? "" : zshValue(option));
    String[] names = option.names();
    String once =
        option.isMultiValue()
            ? zsh("*")
            : names.length == 1 ? "" : zsh("(" + String.join(" ", names) + ")");
    if (names.length == 1) {
      return zsh((option.isMultiValue() ? "*" : "") + zshName(names[0], flag) + rest);
    }
    return once
        + Arrays.stream(names)
            .map(name -> zshName(name, flag))
            .collect(Collectors.joining(",", "{", "}"))
        + zsh(rest);
  }

  /** The name, with how its value may follow: behind "=" too after a long one. */
  private static String zshName(String name, boolean flag) {
    return flag ? name : name + (name.startsWith("--") ? "=" : "+");
  }

  private static String zshPosition(PositionalParamSpec parameter) {
    return parameter.index().max() == Integer.MAX_VALUE || parameter.isMultiValue()
        ? "*"
        : String.valueOf(parameter.index().min() + 1);
  }

  private static String zshValue(ArgSpec argument) {
    return ":"
        + escaped(argument.paramLabel(), "\\:")
        + ":"
        + switch (Kind.of(argument)) {
          case WORD -> "(" + joined(words(argument)) + ")";
          case FILE -> "_files";
          case DIRECTORY -> "_files -/";
          case TEXT, FLAG -> " ";
        };
  }

  private static String zsh(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  // --- fish ---

  /** For fish from 3.0 on. */
  String fish() {
    List<String> script = new ArrayList<>();
    fishOptions(script, root, "");
    for (CommandSpec command : commands) {
      script.add(fishLine("") + " -a " + command.name() + " -d " + fish(description(command)));
    }
    for (CommandSpec command : commands) {
      script.add("");
      fishOptions(script, command, command.name());
      positionals(command)
          .filter(each -> Kind.of(each) != Kind.TEXT)
          .forEach(each -> script.add(fishLine(command.name()) + fishValue(each)));
    }
    return """
    # fish completion for @name@, as `@name@ completion fish` prints it.

    function __@name@_command_is --argument-names wanted
        set -l words (commandline -opc)
        set -e words[1]
        for word in $words
            if not string match -q -- '-*' $word
                test "$word" = "$wanted"
                return
            end
        end
        test -z "$wanted"
    end

    complete -c @name@ -f
    @lines@\
    """
        .replace("@lines@", lines(script, each -> each))
        .replace("@name@", root.name());
  }

  private static void fishOptions(List<String> script, CommandSpec command, String name) {
    for (OptionSpec option : options(command)) {
      String names =
          Arrays.stream(option.names())
              .map(
                  each ->
                      each.startsWith("--")
                          ? " -l " + each.substring(2)
                          : " -s " + each.substring(1))
              .collect(Collectors.joining());
      script.add(fishLine(name) + names + fishValue(option) + " -d " + fish(description(option)));
    }
  }

  private static String fishLine(String command) {
    return "complete -c @name@ -n "
        + fish("__@name@_command_is " + (command.isEmpty() ? "''" : command));
  }

  private static String fishValue(ArgSpec argument) {
    String required = argument.isOption() ? " -r" : "";
    return switch (Kind.of(argument)) {
      case FLAG -> "";
      case WORD -> required + " -f -a " + fish(joined(words(argument)));
      case FILE -> required + " -F";
      case DIRECTORY -> required + " -f -a " + fish(FISH_DIRECTORIES);
      case TEXT -> required + " -f";
    };
  }

  private static String fish(String text) {
    return "'" + escaped(text, "\\'") + "'";
  }

  // --- the model ---

  /** In order of their names: no order of fields or classes shows. */
  private static List<OptionSpec> options(CommandSpec command) {
    return command.options().stream()
        .filter(option -> !option.hidden())
        .sorted(Comparator.comparing(OptionSpec::longestName))
        .toList();
  }

  private static Stream<PositionalParamSpec> positionals(CommandSpec command) {
    return command.positionalParameters().stream().filter(each -> !each.hidden());
  }

  private static Stream<String> words(ArgSpec argument) {
    return argument.completionCandidates() == null
        ? Stream.of()
        : StreamSupport.stream(argument.completionCandidates().spliterator(), false);
  }

  private static String description(CommandSpec command) {
    return firstSentence(command.usageMessage().description());
  }

  private static String description(OptionSpec option) {
    return firstSentence(option.description());
  }

  /** Without its full stop, and without the default: that may come from the environment. */
  private static String firstSentence(String... text) {
    return String.join(" ", text)
        .replaceAll(" ?\\(default: [^)]*\\)", "")
        .replaceFirst("(?s)\\.( .*)?$", "")
        .strip();
  }

  private static String joined(Stream<String> words) {
    return words.collect(Collectors.joining(" "));
  }

  private static <T> String lines(List<T> each, Function<T, String> line) {
    return each.stream().map(one -> line.apply(one) + "\n").collect(Collectors.joining());
  }

  private static String escaped(String text, String special) {
    StringBuilder escaped = new StringBuilder();
    text.chars()
        .forEach(
            c -> {
              if (special.indexOf(c) >= 0) {
                escaped.append('\\');
              }
              escaped.append((char) c);
            });
    return escaped.toString();
  }
}
